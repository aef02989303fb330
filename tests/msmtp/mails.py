GROUPS = ()
