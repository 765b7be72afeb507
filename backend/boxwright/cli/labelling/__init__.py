"""Commands for what comes before training: labelling, workspace, dataset."""
