"""Reads a Proxmox VE cluster, keeps the latest snapshot of it, and tells what changed."""
