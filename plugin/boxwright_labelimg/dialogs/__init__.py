"""The dialogs of the menu "Train": questions before an action, and the summary after it."""
