"""The tutorial's two conversions, XML to CSV and CSV to TFRecord, for files outside a workspace."""
