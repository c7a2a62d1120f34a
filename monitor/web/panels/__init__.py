"""The page's panels. Each is a module whose `context` feeds the template of the same name beside it."""
