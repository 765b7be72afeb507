"""labelImg with training in its menus. Qt is imported in this package only, and in its client/ not at all."""
