"""The one-machine process group: everything Courant needs to run, started, watched and stopped by `manage.py run`."""
