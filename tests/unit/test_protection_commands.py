"""No way to write a command reaches what is protected."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.safety.classifier import classify
from services.safety.protection import Place, protects
from services.safety.protection_commands import touches_of_command
from services.safety.tiers import Tier
from tests.support.protected_house import HOUSE, PLACE

NOT_SO = """
qm stop 103
qm shutdown 103 --timeout 60
qm reboot 103
qm reset 103
qm suspend 103 --todisk 1
qm destroy 103 --purge
qm start 103
qm snapshot 103 before
qm rollback 103 before
qm migrate 103 home --online
qm set 103 --memory 512
qm resize 103 scsi0 +1G
qm unlock 103
qm template 103
qm stop 0103 || qm stop 103
sudo qm stop 103
/usr/sbin/qm stop 103
nice -n 5 qm stop 103
env LANG=C qm stop 103
timeout 30 qm stop 103
nohup qm stop 103
q'm' stop 10"3"
qm stop 10\\3
qm stop "$(echo 103)"
qm stop $((100+3))
qm stop 10{3,4}
v=103; qm stop $v
qm list | awk '{print $1}' | xargs -n1 qm stop
echo 103 | xargs qm stop
for i in $(seq 100 110); do qm stop $i; done
for i in 1 2 3; do qm stop 10$i; done
while read v; do qm stop $v; done < /tmp/guests
bash -c 'qm stop 103'
sh -c "bash -c 'qm stop 103'"
eval "qm stop 103"
echo 'qm stop 103' | sh
echo cW0gc3RvcCAxMDM= | base64 -d | bash
bash /srv/stop-all.sh
/srv/stop-all.sh
./stop
source /srv/stop.sh
python3 -c 'import os; os.system("qm stop 103")'
perl -e 'system("qm", "stop", 103)'
awk 'BEGIN { system("qm stop 103") }'
find / -maxdepth 0 -exec qm stop 103 \\;
find /etc/pve/qemu-server -name '*.conf' -delete
ssh home qm stop 103
ssh root@pve 'qm stop 103'
ssh pve reboot
ssh pve -- systemctl poweroff
ssh -o ProxyCommand='qm stop 103' home true
pvesh create /nodes/pve/qemu/103/status/stop
pvesh create nodes/pve/qemu/103/status/shutdown
pvesh set /nodes/pve/qemu/103/config --memory 512
pvesh delete /nodes/pve/qemu/103
pvesh create /nodes/pve/stopall
pvesh create /nodes/localhost/stopall --vms 103
pvesh create /nodes/pve/status --command reboot
pvesh create /nodes/pve/suspendall
pvesh create /nodes/pve/migrateall --target home
pvesh create /nodes/pve/services/pve-cluster/stop
pvesh set /nodes/pve/network
pvesh create /nodes/home/execute --commands '[]'
pvenode stopall
pvenode migrateall home
ha-manager set vm:103 --state stopped
ha-manager remove vm:103
ha-manager migrate vm:103 home
ha-manager crm-command stop vm:103 0
ha-manager crm-command node-maintenance enable pve
pct stop 103
pct exec 103 -- poweroff
qm guest exec 103 -- poweroff
qm guest passwd 103 root
qm monitor 103
qm sendkey 103 ctrl-alt-delete
vzdump 103 --mode stop
vzdump --all --mode stop
qmrestore /var/lib/vz/dump/x.vma 103 --force
kill $(cat /run/qemu-server/103.pid)
kill 4711
pkill -f 'kvm -id 103'
killall kvm
fuser -k /dev/zvol/rpool/data/vm-103-disk-0
rm /etc/pve/qemu-server/103.conf
rm -rf /etc/pve/nodes/pve
mv /etc/pve/qemu-server/103.conf /tmp/
echo > /etc/pve/qemu-server/103.conf
sed -i s/memory/x/ /etc/pve/qemu-server/103.conf
rm -rf /var/lib/vz/images
cd /etc/pve && rm -rf *
rm -rf /e*
reboot
shutdown -h now
shutdown -r +1
poweroff
halt -p
init 6
telinit 0
systemctl reboot
systemctl poweroff
systemctl isolate rescue.target
systemctl start reboot.target
systemctl --no-block reboot
systemctl kexec
systemctl suspend
systemctl stop pve-guests
systemctl restart pve-cluster
systemctl stop corosync
systemctl stop pve-ha-lrm
systemctl stop watchdog-mux
systemctl stop qemu.slice
systemctl stop 103.scope
systemctl kill 103.scope
systemctl stop 'pve*'
systemctl stop networking
systemctl mask --now pve-cluster
systemctl stop docker
systemctl -H home stop nginx
service networking stop
/etc/init.d/networking stop
echo b > /proc/sysrq-trigger
echo b | tee /proc/sysrq-trigger
echo 1 > /proc/sys/kernel/sysrq; echo o > /proc/sysrq-trigger
ip link set vmbr0 down
ifdown vmbr0
ifreload -a
iptables -P INPUT DROP
modprobe -r kvm_intel
zpool export rpool
zpool destroy rpool
zfs rollback rpool/data/vm-103-disk-0@x
zfs destroy -r rpool/data
lvchange -an pve/vm-103-disk-0
umount -l /mnt/pve/nas
dd if=/dev/zero of=/dev/nvme0n1
wipefs -a /dev/nvme0n1
apt-get remove -y proxmox-ve
apt-get install -y ./own.deb
dpkg -i /tmp/own.deb
apt-get -o APT::Update::Pre-Invoke::=/tmp/x update
at now + 1 minute
crontab /tmp/tab
systemd-run qm stop 103
screen -dm qm stop 103
nsenter -t 1 -m reboot
curl -k -X POST https://localhost:8006/api2/json/nodes/pve/qemu/103/status/stop
curl -X POST https://localhost:8006/api2/json/nodes/pve/status -d command=reboot
docker cp web:/a /etc/pve/storage.cfg
docker export -o /etc/pve/storage.cfg web
docker export --output=/etc/pve/storage.cfg web
pvesm export local:iso/x.iso raw+size /etc/network/interfaces
pvesm import local:iso/x.iso raw+size /etc/pve/storage.cfg
journalctl --cursor-file=/etc/pve/storage.cfg
usermod -m -d /etc/pve/x bob
useradd -m -d /etc/pve/x bob
proxmox-boot-tool format /dev/sda2
proxmox-boot-tool init /dev/sda2
systemctl link /tmp/pve-cluster.service
systemctl edit pve-cluster
systemctl revert networking
docker restart jarvis
docker -H ssh://root@mgmt stop jarvis
pvecm expected 1
pvecm delnode pve
ceph osd down 0
corosync-cfgtool -H
qm stop mgmt
"""

NOT_FROM_ELSEWHERE = """
vzdump --exclude 104 --mode suspend
vzdump 104 --script /srv/x.sh
find -L /etc/pve/nodes/pve/qemu-server -type f -delete
find -P /etc/pve -name '*.conf' -delete
find /tmp /etc/pve -name '*.conf' -delete
find -O3 /etc/pve -type f -delete
find /tmp -fprintf /etc/pve/storage.cfg x
cp -t/etc/pve/nodes/pve/qemu-server /tmp/x.conf
mv -t/etc/pve /tmp/x.conf
cp -S.bak -t/etc/pve /tmp/x
rm -rf /proc/1/root/etc/pve/nodes/pve/qemu-server
cp x /proc/self/cwd/etc/pve/storage.cfg
rm -rf /mnt/pve/nas/images/*
mv /mnt/pve/nas/images /tmp/
mount --bind /etc/pve /tmp/p; rm -rf /tmp/p/nodes
sed --in-place=/etc/pve/x.bak s/x/y/ f
tar -C/etc/pve -xf x.tar
qm stop 0103
pct exec 0103 -- reboot
qm stop 104 10{3,4}
X=$((100+3)); qm stop ${X:-104}
X=$(printf 10; printf 3); qm stop ${X:=104}
export DOCKER_HOST=tcp://192.0.2.13:2375 && docker kill web
declare -x DOCKER_HOST=tcp://192.0.2.13:2375; docker rm -f web
DOCKER_HOST=x; export DOCKER_HOST; docker stop web
set -a; DOCKER_HOST=ssh://x; docker stop web
docker context use lab; docker rm -f web
export PATH=/tmp/x:$PATH; qm stop 104
PATH=/tmp/x; qm stop 104
read PATH < /tmp/x; qm stop 104
printf -v PATH /tmp/x; qm stop 104
for PATH in /tmp/x; do qm stop 104; done
export BASH_ENV=/tmp/x; bash -c 'qm stop 104'
pct exec 101 -- ssh root@pve reboot
pct exec 101 -- bash -c 'ssh pve reboot'
pct exec 101 -- curl -k -X POST https://pve:8006/api2/json/nodes/pve/status -d command=reboot
qm guest exec 101 -- ssh root@pve reboot
docker exec web ssh pve reboot
docker exec web curl -X POST https://192.0.2.12:8006/api2/json/nodes/pve/stopall
qm set 101 --hookscript local:snippets/x.sh
pct set 101 -mp0 /etc/pve,mp=/mnt
pvesh set /nodes/home/qemu/101/config -hookscript local:snippets/x.sh
pvesh create /cluster/backup -all 1 -mode stop -schedule '*:0/5'
pvesh create /nodes/pve/qemu/0103/status/stop
pvesh create /nodes/home/../pve/status -command reboot
pvesm remove nas
pvesm set nas --disable 1
ssh -E /etc/pve/x home true
"""
"""On a node where nothing protected is."""

ALLOWED = """
cat /opt/stacks/web/compose.yml
sed -n 1,5p /srv/app/settings.yml
grep -rn listen /opt/stacks
for f in /srv/app/*; do head -n 1 $f; done
qm stop 104
qm start 104
qm migrate 104 home
pct exec 101 -- systemctl restart AdGuardHome
systemctl restart nginx
systemctl restart pveproxy
systemctl start chrony
apt-get update
apt-get install -y htop
apt-get dist-upgrade -y
zpool scrub rpool
zfs snapshot rpool/data@before
rm /tmp/old.log
rm -rf /var/log/journal-old
touch /srv/note
echo hello > /srv/note
sed -i s/a/b/ /etc/motd
for f in /var/log/*.gz; do zcat $f | grep error; done
pvesh create /nodes/pve/qemu/104/status/stop
pvesh create /nodes/home/status --command reboot
ha-manager set vm:104 --state stopped
vzdump 104 --mode snapshot --storage nas
ssh home systemctl restart nginx
ssh home reboot
useradd bob
docker cp web:/etc/hosts /tmp/hosts
docker export -o /srv/web.tar web
proxmox-boot-tool refresh
systemctl edit nginx
journalctl --vacuum-time=2d
printf '%s\\n' HELLO > /srv/note
pct exec 101 -- curl -s http://localhost:3000/status
docker exec web nginx -s reload
find /var/log -L -name '*.old' -delete
n=3; sleep 1
"""


def lines(text: str) -> list[str]:
    return [line.replace("\\\\", "\\") for line in text.strip().splitlines()]


def refused(command: str, node: str = "pve", place: Place = PLACE) -> str | None:
    return protects(touches_of_command(node, command, HOUSE), HOUSE, place)


@pytest.mark.parametrize("command", lines(NOT_SO))
def test_no_command_reaches_what_is_protected(command: str) -> None:
    assert classify(command).tier is not Tier.GREEN
    assert refused(command)


def test_there_are_many_ways() -> None:
    assert len(set(lines(NOT_SO))) > 150


@pytest.mark.parametrize("command", lines(ALLOWED))
def test_what_harms_nothing_protected_may_be_asked_for(command: str) -> None:
    assert refused(command) is None


def test_reading_touches_nothing() -> None:
    for command in ("qm config 103", "qm status 103", "cat /etc/pve/storage.cfg", "uptime"):
        assert touches_of_command("pve", command, HOUSE) == ()


@pytest.mark.parametrize(
    "command", ["reboot", "systemctl stop networking", "zpool export tank", "kill 4711"]
)
def test_a_node_without_anything_protected_may_go_down(command: str) -> None:
    assert refused(command, node="home") is None


@pytest.mark.parametrize(
    "command", ["qm stop 103", "bash /srv/x.sh", "ssh pve reboot", *lines(NOT_FROM_ELSEWHERE)]
)
def test_another_node_is_no_way_around(command: str) -> None:
    assert refused(command, node="agent")


@given(st.text(max_size=200))
def test_any_text_is_read_without_raising(text: str) -> None:
    touches_of_command("pve", text, HOUSE)


@given(
    st.lists(st.sampled_from(("qm", "stop", "103", "'", '"', "\\", " ", "$", "(", ")", ";", "1")))
)
def test_what_names_the_protected_guest_and_does_not_only_read_is_refused(parts: list[str]) -> None:
    command = "".join(parts)
    bare = command.translate({ord(mark): None for mark in "'\"\\"})
    numbers = "".join(one if one.isdigit() else " " for one in bare).split()
    if "103" in numbers and classify(command).tier is not Tier.GREEN:
        assert refused(command)
