#!/usr/bin/env bash
# A real SLURM on this machine, as root, without systemd: `slurm.sh start FOLDER [NODES]`, `slurm.sh stop FOLDER`.
# Needs Debian's packages slurm-wlm and munge. Afterwards: export SLURM_CONF=FOLDER/slurm.conf
# Everything of it lies in FOLDER, also munge's key and socket; it has no accounting, as many small clusters.
set -euo pipefail
action=$1 folder=$(realpath -m "$2") nodes=${3:-1}

start() {
    local host ports control
    host=$(hostname -s)
    # The controller's port, the nodes' after it: free ones, so that several clusters can stand side by side.
    control=$(free_port "$nodes")
    ports=$((control + 1))
    mkdir -p "$folder"/{state,log,munge}
    chmod 755 "$folder" "$folder/munge"
    dd if=/dev/urandom of="$folder/munge/key" bs=128 count=1 status=none
    chmod 400 "$folder/munge/key"
    # --force: it may run as root, in a folder below /tmp.
    munged --force --key-file="$folder/munge/key" --socket="$folder/munge/socket" --pid-file="$folder/munge.pid" \
        --log-file="$folder/log/munged.log" --seed-file="$folder/munge/seed" 2> "$folder/log/munged.start"
    configure "$host" "$control" "$ports" > "$folder/slurm.conf"
    export SLURM_CONF=$folder/slurm.conf
    slurmctld -f "$SLURM_CONF"
    for node in $(seq "$nodes"); do
        slurmd -f "$SLURM_CONF" -N "n$node"
    done
    for _ in $(seq 120); do
        [ "$(sinfo -h -t idle -o %D 2> /dev/null)" = "$nodes" ] && return
        sleep 0.5
    done
    echo "the nodes did not come up; see $folder/log" >&2
    exit 1
}

free_port() {
    python3 - "$1" << 'END'
import random, socket, sys
def free(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0
while True:
    first = random.randrange(20_000, 30_000)
    if all(free(first + more) for more in range(int(sys.argv[1]) + 1)):
        print(first)
        break
END
}

configure() {
    cat << END
ClusterName=embedbench
SlurmctldHost=$1(127.0.0.1)
SlurmctldPort=$2
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$folder/munge/socket
CryptoType=crypto/munge
CredType=cred/munge
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
SchedulerType=sched/backfill
ReturnToService=2
KillWait=2
MessageTimeout=60
SlurmdParameters=config_overrides
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.%n.pid
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool.%n
SlurmctldLogFile=$folder/log/slurmctld.log
SlurmdLogFile=$folder/log/slurmd.%n.log
NodeName=n[1-$nodes] NodeHostname=$1 NodeAddr=127.0.0.1 Port=[$3-$(($3 + nodes - 1))] CPUs=2 RealMemory=8000 State=UNKNOWN
PartitionName=debug Nodes=n[1-$nodes] Default=YES MaxTime=INFINITE DefMemPerCPU=1000 State=UP
END
}

stop() {
    export SLURM_CONF=$folder/slurm.conf
    local file number
    scancel --signal=KILL --user="$(id -u)" 2> /dev/null || true
    scancel --user="$(id -u)" 2> /dev/null || true
    sleep 1
    for file in "$folder"/slurmd.*.pid "$folder"/slurmctld.pid "$folder"/munge.pid; do
        [ -s "$file" ] || continue
        number=$(cat "$file")
        kill "$number" 2> /dev/null || continue
        for _ in $(seq 20); do
            kill -0 "$number" 2> /dev/null || continue 2
            sleep 0.25
        done
        kill -9 "$number" 2> /dev/null || true
    done
}

case $action in
    start) start ;;
    stop) stop ;;
    *) echo "slurm.sh start FOLDER [NODES] | stop FOLDER" >&2; exit 2 ;;
esac
