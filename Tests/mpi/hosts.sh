#!/bin/sh
# Runs a command on made-up hosts: `hosts.sh N -- COMMAND...`. Each host is a network namespace with a name and
# an address of its own (10.77.0.1 to N), on one bridge; COMMAND runs on the first, with LUAFLOW_HOSTS, what mpirun needs to
# start ranks on all of them. Needs root, Linux and Open MPI.
set -eu
count=$1; shift
[ "$1" = -- ] && shift
tag=lfm$$
folder=$(mktemp -d)
cleanup() {
  for i in $(seq "$count"); do
    for process in $(ip netns pids "$tag-$i" 2>/dev/null); do kill -9 "$process" 2>/dev/null || :; done
    ip netns del "$tag-$i" 2>/dev/null || :
  done
  ip netns del "$tag-0" 2>/dev/null || :
  rm -rf "$folder"
}
trap cleanup EXIT INT TERM

# The bridge has a namespace of its own: nothing of it is seen outside.
ip netns add "$tag-0"
ip -n "$tag-0" link add bridge0 type bridge
ip -n "$tag-0" link set bridge0 up
for i in $(seq "$count"); do
  ip netns add "$tag-$i"
  ip -n "$tag-$i" link set lo up
  ip -n "$tag-$i" link add eth0 type veth peer name "port$i" netns "$tag-0"
  ip -n "$tag-0" link set "port$i" master bridge0 up
  ip -n "$tag-$i" addr add "10.77.0.$i/24" dev eth0
  ip -n "$tag-$i" link set eth0 up
done

# What mpirun calls in place of ssh: HOST COMMAND...
cat > "$folder/agent" <<END
#!/bin/sh
case \$1 in -*) shift ;; esac
host=\$1; shift
exec ip netns exec "$tag-\${host##*.}" unshare --uts sh -c "hostname host\${host##*.}; \$*"
END
chmod +x "$folder/agent"
list=$(for i in $(seq "$count"); do printf '10.77.0.%s:%s,' "$i" 8; done)
LUAFLOW_HOSTS="--mca plm_rsh_agent $folder/agent --mca btl tcp,self --mca btl_tcp_if_include 10.77.0.0/24"
LUAFLOW_HOSTS="$LUAFLOW_HOSTS --mca oob_tcp_if_include 10.77.0.0/24 --host ${list%,} --map-by node"
export LUAFLOW_HOSTS
ip netns exec "$tag-1" unshare --uts sh -c 'hostname host1; exec "$@"' hosts "$@"
