"""Which files anyone may read out: a list, since no list of all that is private could be whole."""

import re
from typing import Final

_OPEN_FOLDERS: Final = (
    "/var/log", "/sys/class", "/sys/devices", "/sys/block", "/sys/bus", "/sys/module",
    "/sys/fs/cgroup", "/sys/firmware", "/sys/power", "/sys/kernel/mm", "/sys/kernel/iommu_groups",
    "/etc/pve/qemu-server", "/etc/pve/lxc", "/etc/pve/firewall", "/etc/pve/ha", "/etc/pve/sdn",
    "/etc/pve/mapping", "/etc/apt/sources.list.d", "/etc/apt/preferences.d", "/etc/apt/apt.conf.d",
    "/etc/network", "/etc/systemd", "/etc/modprobe.d", "/etc/modules-load.d", "/etc/sysctl.d",
    "/etc/cron.d", "/etc/cron.daily", "/etc/cron.weekly", "/etc/cron.hourly", "/etc/cron.monthly",
    "/etc/logrotate.d", "/etc/udev", "/etc/chrony", "/etc/grub.d",
    "/etc/ld.so.conf.d", "/etc/rsyslog.d", "/etc/vzdump.conf.d", "/etc/kernel",
    "/etc/iproute2", "/etc/pam.d", "/etc/update-motd.d",
    "/usr/share/doc", "/usr/share/zoneinfo", "/usr/share/perl5", "/usr/share/pve-docs",
    "/usr/lib/systemd", "/usr/lib/modules", "/usr/lib/modprobe.d", "/usr/lib/sysctl.d",
    "/usr/lib/udev", "/lib/systemd", "/lib/modules", "/lib/udev",
    "/proc/sys", "/proc/net", "/proc/irq", "/proc/spl", "/proc/driver", "/boot/grub",
    "/boot/loader",
    "/var/lib/dpkg", "/var/lib/apt", "/var/lib/pve-manager",
)  # fmt: skip
NODE_CONFIGS: Final = re.compile(r"/etc/pve/(?:local|nodes/[^/]+)/(?:qemu-server|lxc)(?:/|$)")
"""The configurations of guests; a glob may stand for the node."""
PROC_FILES: Final = re.compile(
    r"/proc/[^/]+/(?:task/[^/]+/)?(?:status|stat|statm|cmdline|comm|limits|io|mountinfo|mounts"
    r"|cgroup|loginuid|oom_score|oom_score_adj|sched|schedstat|wchan|uid_map)"
)
"""What a process tells to all; a glob may stand for the process."""
_FILES: Final = re.compile(
    r"""
      /etc/(?:
        (?:[a-z]+-)?release | host(?:s|name|s\.allow|s\.deny|\.conf) | resolv\.conf | gai\.conf
      | debian_version | fstab | mtab | crontab | anacrontab | passwd-? | group-? | sub[ug]id-?
      | timezone | adjtime | issue(?:\.net)? | motd | services | protocols | networks | ethertypes
      | nsswitch\.conf | modules | sysctl\.conf | login\.defs | shells | adduser\.conf
      | locale\.(?:gen|conf) | exports | smartd\.conf | vzdump\.conf | ksmtuned\.conf
      | mdadm/mdadm\.conf | lvm/lvm\.conf | multipath\.conf | hdparm\.conf | idmapd\.conf
      | nfs\.conf | zfs/(?:vdev_id\.conf|zfs-functions) | ntp\.conf | ntpsec/ntp\.conf
      | logrotate\.conf | rsyslog\.conf | updatedb\.conf | ld\.so\.conf | aliases | environment\.d
      | apt/(?:sources\.list|preferences) | apticron/apticron\.conf
      | ssh/(?:sshd?_config(?:\.d/[\w.\-]+)?|moduli) | security/limits\.conf
      | postfix/(?:main|master)\.cf | samba/smb\.conf | corosync/corosync\.conf | ceph/ceph\.conf
      | docker/daemon\.json | nut/(?:nut|ups)\.conf | dnsmasq\.conf | dhcp/dhclient\.conf
      | default/(?:grub(?:\.d/[\w.\-]+)? | zfs | smartmontools | pve-ha-manager | cpufrequtils
        | locale | keyboard | useradd | nfs-[a-z]+ | rpcbind | chrony | cron | ssh | networking
        | console-setup)
      | proxmox-backup/(?:datastore|acl|prune|sync|verification|traffic-control)\.cfg
      | pve/(?:
          (?:storage|datacenter|jobs|user|replication)\.cfg | corosync\.conf | ceph\.conf
        | vzdump\.cron | \.(?:members|vmlist|version|clusterlog|rrd|debug) | pve-root-ca\.pem
        | (?:local|nodes/[\w.\-]+)/(?:pve-ssl\.pem|pveproxy-ssl\.pem|host\.fw|lrm_status|config)
        )
      )
    | /proc/(?:
        cpuinfo | meminfo | loadavg | mdstat | mounts | version(?:_signature)? | uptime | stat
      | vmstat | zoneinfo | diskstats | partitions | filesystems | interrupts | softirqs | modules
      | devices | swaps | cmdline | crypto | buddyinfo | slabinfo | iomem | ioports | misc | locks
      | cgroups | consoles | dma | fb | schedstat | timer_list | pagetypeinfo | key-users | mtrr
      | pressure/\w+ | bus/(?:pci|input)/devices | scsi/scsi | self/net/[\w/]+
      )
    | /usr/lib/os-release | /boot/config-[\w.\-]+
    | (?:/var)?/run/(?:reboot-required(?:\.pkgs)? | motd\.dynamic
      | systemd/resolve/(?:stub-)?resolv\.conf | resolvconf/resolv\.conf)
    | /var/lib/vz/dump/[\w.\-]+\.(?:log|notes) | /var/lib/ntpsec/ntp\.drift
    | /sys/kernel/(?:notes|uevent_seqnum|vmcoreinfo|fscaps|profiling)
    """,
    re.VERBOSE,
)


def below_open(path: str) -> bool:
    """Whether the tidy path lies in a folder, or is one, whose files are open to all."""
    return bool(NODE_CONFIGS.match(path)) or any(
        path == one or path.startswith(f"{one}/") for one in _OPEN_FOLDERS
    )


def is_readable(path: str) -> bool:
    """Whether the tidy path is on the list of what is read without asking."""
    return below_open(path) or bool(_FILES.fullmatch(path) or PROC_FILES.fullmatch(path))
