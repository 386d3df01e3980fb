"""Reads a Proxmox VE cluster, keeps its latest snapshot, tells what changed, and changes it."""
