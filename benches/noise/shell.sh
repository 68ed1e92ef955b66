# SPDX-License-Identifier: Apache-2.0
# An administrator's shell: reading, searching, editing files, processes, disks, network state
ls -la / /etc /root > /dev/null
grep -r root /etc/passwd /etc/group /etc/hosts > /dev/null
find /usr/share -name '*.txt' > /dev/null
ps aux > /dev/null && df -h > /dev/null 2>&1 || true
ss -tlnp > /dev/null 2>&1 || true
ip addr > /dev/null 2>&1 || true
cat /proc/meminfo /proc/mounts /proc/cpuinfo > /dev/null
uname -a; id; who; last > /dev/null 2>&1 || true
echo x | vim -es -c 'w! /tmp/edited' -c q! - > /dev/null 2>&1 || true
sed -i s/a/b/ /tmp/edited || true
bash -lc 'history -a; exit 0'
bash -ic 'exit 0' 2> /dev/null || true
man -w ls > /dev/null 2>&1 || true
dmesg > /dev/null 2>&1 || true
lsmod > /dev/null 2>&1 || true
sysctl -a > /dev/null 2>&1 || true
mount > /dev/null; umask; ulimit -a > /dev/null
tmux -L noise new-session -d 'sleep 0.2' && tmux -L noise wait-for -L x; tmux -L noise kill-server 2> /dev/null || true
