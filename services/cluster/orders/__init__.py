"""Every change Jarvis can ask of Proxmox, one function each; nowhere else is a Change made."""
