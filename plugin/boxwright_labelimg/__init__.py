"""labelImg with training in its menus. The only room where Qt may be imported; client/ in it does without."""
