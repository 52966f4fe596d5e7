"""The control room, the report, counted links and figures for a monitor."""
