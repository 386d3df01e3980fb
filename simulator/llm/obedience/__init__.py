"""A model that obeys whatever text it reads: for tests of what keeps it from the cluster."""
