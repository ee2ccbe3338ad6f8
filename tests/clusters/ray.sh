#!/usr/bin/env bash
# A real Ray cluster of two nodes on this machine: `ray.sh start FOLDER [PYTHON]`, `ray.sh stop FOLDER`.
# Afterwards: export RAY_AUTH_MODE=disabled RAY_ADDRESS=$(cat FOLDER/address)
# Every node is a process group of its own, so that stopping one touches no other Ray on the machine, as `ray stop` does.
set -euo pipefail
action=$1 folder=$(realpath -m "$2") python=${3:-python3}
# Nothing but this machine is reached; with `token`, every process would need the same token.
export RAY_AUTH_MODE=disabled RAY_USAGE_STATS_ENABLED=0
# A busy machine is no fault: neither when a node starts, nor when it is asked whether it still lives.
export RAY_raylet_start_wait_time_s=300 RAY_health_check_timeout_ms=300000 RAY_health_check_failure_threshold=20

start() {
    local port
    mkdir -p "$folder"
    port=$("$python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.2", 0)); print(s.getsockname()[1])')
    echo "127.0.0.2:$port" > "$folder/address"
    # 127.0.0.1 itself Ray would replace by the machine's address in its network.
    # Sockets lie below the temporary folder, and their paths may not be longer than some hundred characters.
    node head --head --port="$port" --node-ip-address=127.0.0.2 --include-dashboard=false --temp-dir="$folder/tmp"
    wait_for 1
    node second --address="127.0.0.2:$port" --node-ip-address=127.0.0.3
    wait_for 2
}

node() {
    local name=$1
    shift
    setsid "$python" -m ray.scripts.scripts start --block --num-cpus=1 --object-store-memory=100000000 \
        --disable-usage-stats "$@" > "$folder/$name.log" 2>&1 < /dev/null &
    echo $! > "$folder/$name.pid"
}

wait_for() {
    "$python" - "$(cat "$folder/address")" "$1" << 'END'
import sys, time
import ray
address, wanted = sys.argv[1], int(sys.argv[2])
for _ in range(120):
    try:
        ray.is_initialized() or ray.init(address=address, log_to_driver=False)
        if sum(node["Alive"] for node in ray.nodes()) >= wanted:
            sys.exit()
    except (ConnectionError, RuntimeError) as error:
        print(error)
    time.sleep(1)
sys.exit(f"{wanted} Ray nodes did not come up")
END
}

stop() {
    for file in "$folder"/*.pid; do
        # The control store and the nodes' managers do not always heed SIGTERM.
        [ -s "$file" ] && kill -9 -- "-$(cat "$file")" 2> /dev/null || true
    done
}

case $action in
    start) start ;;
    stop) stop ;;
    *) echo "ray.sh start FOLDER [PYTHON] | stop FOLDER" >&2; exit 2 ;;
esac
