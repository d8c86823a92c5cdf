"""The theory as code: the signal by depth at init, and the fate it foretells."""
