"""Proxmox's HTTP manners over the world: routes, rights, errors, certificates, listeners."""
