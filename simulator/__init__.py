"""A Proxmox homelab on loopback: real HTTPS, real tokens, a world with time, and faults."""
