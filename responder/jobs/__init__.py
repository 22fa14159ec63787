"""Running what is due: claims, the embedded runner and the Celery one."""
