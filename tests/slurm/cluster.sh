#!/usr/bin/env bash
# A real SLURM of two nodes on one machine, for tests. Debian or Ubuntu, as root; a container will do: no systemd, no cgroups.
#
#   cluster.sh install               the packages, by apt-get
#   cluster.sh start | stop          all daemons; stop cancels what runs
#   cluster.sh env                   what a shell needs: eval "$(cluster.sh env)"
#   cluster.sh kill-slurmd N | start-slurmd N | kill-slurmctld | start-slurmctld      faults; N: 1 or 2
#
# There is no accounting (no slurmdbd): squeue is all that tells a job's state. Memory is watched by polling once a second.
# CPUs, memory and GPUs of the nodes are made up, so that jobs queue as on a cluster; GPUs are copies of /dev/null.
set -euo pipefail

BASE=${HARDMAG_CLUSTER:-${TMPDIR:-/tmp}/hardmag-cluster}
NODES=2 CPUS=64 MEMORY_MB=256000 GPUS=16 PORT=27817
SLURM_CONF=$BASE/slurm.conf
export SLURM_CONF PATH=$PATH:/usr/sbin:/sbin

die() { echo "error: $*" >&2; exit 1; }
runs() { [ -s "$1" ] && kill -0 "$(cat "$1")" 2>/dev/null; }  # file with a pid

until_true() {  # seconds, command...
  local end=$((SECONDS + $1)); shift
  until "$@" >/dev/null 2>&1; do
    [ $SECONDS -lt $end ] || die "waited in vain for: $*"
    sleep 0.2
  done
}

is_installed() {
  local name
  for name in slurmctld slurmd squeue munge; do command -v $name >/dev/null || return 1; done
}

install() {
  ! is_installed || return 0
  command -v apt-get >/dev/null || die "SLURM tests need Debian or Ubuntu: there is no apt-get here"
  local policy=/usr/sbin/policy-rc.d made=
  if [ ! -e $policy ]; then  # the packages must not start daemons of their own
    printf '#!/bin/sh\nexit 101\n' >$policy && chmod +x $policy && made=yes
  fi
  mkdir -p "$BASE"
  export DEBIAN_FRONTEND=noninteractive
  local done=yes
  { apt-get update && apt-get install -y --no-install-recommends slurmctld slurmd slurm-client slurm-wlm-basic-plugins munge; } \
    >"$BASE/apt.log" 2>&1 || done=
  [ -z "$made" ] || rm -f $policy
  [ -n "$done" ] || { tail -5 "$BASE/apt.log" >&2; die "SLURM could not be installed by apt-get: $BASE/apt.log"; }
}

configure() {
  mkdir -p "$BASE"/{run,log,state,spool,dev}
  cat >"$SLURM_CONF" <<END
ClusterName=hardmag
SlurmctldHost=$(hostname -s)(127.0.0.1)
SlurmctldPort=$PORT
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
CredType=cred/munge
AccountingStorageType=accounting_storage/none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
SlurmctldPidFile=$BASE/run/slurmctld.pid
SlurmdPidFile=$BASE/run/slurmd-%n.pid
StateSaveLocation=$BASE/state
SlurmdSpoolDir=$BASE/spool/%n
SlurmctldLogFile=$BASE/log/slurmctld.log
SlurmdLogFile=$BASE/log/slurmd-%n.log
# Faults are to be noticed within seconds.
SlurmctldTimeout=10
SlurmdTimeout=10
MessageTimeout=5
KillWait=5
# A node that comes back is used again; a lost job is Snakemake's to repeat.
ReturnToService=2
JobRequeue=0
MinJobAge=3600
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=1,bf_interval=1,sched_min_interval=0,batch_sched_delay=0
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
DefMemPerCPU=500
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
JobAcctGatherParams=OverMemoryKill
SlurmdParameters=config_overrides
GresTypes=gpu
END
  : >"$BASE/gres.conf"
  for n in $(seq $NODES); do
    echo "NodeName=n$n NodeHostname=$(hostname -s) NodeAddr=127.0.0.1 Port=$((PORT + n)) CPUs=$CPUS RealMemory=$MEMORY_MB" \
      "Gres=gpu:$GPUS State=UNKNOWN" >>"$SLURM_CONF"
    echo "NodeName=n$n Name=gpu File=$BASE/dev/nvidia[0-$((GPUS - 1))]" >>"$BASE/gres.conf"
  done
  for name in cpu gpu; do
    echo "PartitionName=$name Nodes=n[1-$NODES] Default=$([ $name = cpu ] && echo YES || echo NO) MaxTime=INFINITE LLN=YES" >>"$SLURM_CONF"
  done
  for g in $(seq 0 $((GPUS - 1))); do
    [ -c "$BASE/dev/nvidia$g" ] || mknod -m 666 "$BASE/dev/nvidia$g" c 1 3
  done
  # Jobs look here: the executor takes SLURM_CONF out of the environment of their steps.
  mkdir -p /etc/slurm
  for file in slurm.conf gres.conf; do
    [ ! -e /etc/slurm/$file ] || [ "$(readlink -f /etc/slurm/$file)" = "$(readlink -f "$BASE/$file")" ] ||
      die "/etc/slurm/$file: this machine has a SLURM of its own"
    ln -sfn "$BASE/$file" /etc/slurm/$file
  done
}

start_munge() {
  munge -n </dev/null >/dev/null 2>&1 && return
  command install -d -o munge -g munge -m 755 /run/munge
  command install -d -o munge -g munge -m 700 /var/log/munge /var/lib/munge
  [ -s /etc/munge/munge.key ] || (umask 077; head -c 1024 /dev/urandom >/etc/munge/munge.key)
  chown munge:munge /etc/munge/munge.key
  setpriv --reuid munge --regid munge --clear-groups munged
  until_true 10 munge -n
  cp /run/munge/munged.pid "$BASE/run/"
}

start_slurmctld() {
  setsid slurmctld >>"$BASE/log/slurmctld.out" 2>&1 </dev/null
  until_true 20 ctld_answers
}
ctld_answers() { scontrol ping | grep -q "is UP"; }

start_slurmd() {
  mkdir -p "$BASE/spool/n$1"
  local apart=()  # where the machine allows it, processes on a node see a host of that name
  ! unshare --uts true 2>/dev/null || apart=(unshare --uts sh -c "hostname n$1; exec \"\$@\"" -)
  setsid "${apart[@]}" slurmd -N "n$1" >>"$BASE/log/slurmd.out" 2>&1 </dev/null
}
nodes_are_up() { [ "$(sinfo -h -N -p cpu -t idle,mixed,allocated -o %N | wc -l)" = $NODES ]; }

start() {
  is_installed || die "SLURM is not installed here: tests/slurm/cluster.sh install"
  configure
  start_munge
  runs "$BASE/run/slurmctld.pid" || start_slurmctld
  for n in $(seq $NODES); do
    runs "$BASE/run/slurmd-n$n.pid" || start_slurmd "$n"
  done
  until_true 30 nodes_are_up
}

stop() {
  squeue -h -o %A 2>/dev/null | xargs -r scancel 2>/dev/null || true
  local name
  for name in slurmd-n1 slurmd-n2 slurmctld munged; do
    stop_one "$BASE/run/$name.pid"
  done
  for file in slurm.conf gres.conf; do
    [ "$(readlink /etc/slurm/$file)" != "$BASE/$file" ] || rm -f /etc/slurm/$file
  done
  rm -rf "$BASE/state" "$BASE/spool"
}
stop_one() {
  ! runs "$1" || { kill "$(cat "$1")" && until_true 15 gone "$1"; }
  rm -f "$1"
}
gone() { ! runs "$1"; }

[ "$(id -u)" = 0 ] || die "the SLURM of these tests needs root"
case ${1:-} in
  install) install ;;
  start) start ;;
  stop) stop ;;
  env) echo "export SLURM_CONF=$SLURM_CONF" ;;
  kill-slurmd) kill -KILL "$(cat "$BASE/run/slurmd-n$2.pid")" ;;
  start-slurmd) start_slurmd "$2" ;;
  kill-slurmctld) kill -KILL "$(cat "$BASE/run/slurmctld.pid")" ;;
  start-slurmctld) start_slurmctld ;;
  *) die "cluster.sh install | start | stop | env | kill-slurmd N | start-slurmd N | kill-slurmctld | start-slurmctld" ;;
esac
