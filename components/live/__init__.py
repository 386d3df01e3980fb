"""The one road from the services to the pages: a view drawn once, patches encoded once, for all."""
