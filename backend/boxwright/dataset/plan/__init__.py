"""What goes where: labels and ids, train and test, health; pure functions of what the files say."""
