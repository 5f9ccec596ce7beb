#!/bin/sh
# The program of a sample VM: mounts each disk, and answers one-line requests on the virtio port io.tidemark.ledger.
#   request: <id> <verb> [disk] [number]        answer: <id> ok [values] | <id> err <why>
# Ledger of a disk: the file /ledger on its ext4 file system, blocks laid out beforehand, one entry in each 512 bytes. Entry n is the line
# "<n> <digest> <n> <digest> ..." of 511 characters; digest(n) = (digest(n-1) * 48271 + n) mod 2147483647, digest(0) = 1. An entry that was
# never written is 511 dots. Entries are written with O_DIRECT and fsync: once dd returns the disk has them. O_DIRECT alone is not enough:
# entries were seen that stayed in the guest's cache.
export PATH=/bin
mount -t devtmpfs dev /dev
mount -t proc proc /proc
mount -t sysfs sys /sys
for module in $(cat /modules/order); do insmod "/modules/$module" 2>/dev/null; done
acpid -f -l /dev/null >/dev/null 2>&1 &

disk=0
for device in /sys/block/vd*; do
    [ -e "$device" ] || continue
    name=${device##*/}
    mkdir -p "/mnt/$disk"
    eval "device_$disk=/dev/$name"
    # Quiet: no access times, time stamps kept in memory. What the guest writes is then what it was asked to write.
    mount -t ext4 -o noatime,lazytime,noinit_itable "/dev/$name" "/mnt/$disk" && eval "mounted_$disk=1"
    disk=$((disk + 1))
done
disks=$disk

# Prints: number of the last entry, 1 when intact, digest of the last entry, capacity.
verify() {
    if ! eval "[ \"\$mounted_$1\" = 1 ]"; then echo "0 0 0 0"; return; fi
    capacity=$(($(stat -c %s "/mnt/$1/ledger" 2>/dev/null || echo 0) / 512))
    dd "if=/mnt/$1/ledger" bs=64k iflag=direct 2>/dev/null | awk -v capacity="$capacity" '
        BEGIN { digest = 1; n = 0; tail = 0; intact = capacity > 0
            for (i = 0; i < 511; i++) filler = filler "."
        }
        !tail {
            next_digest = (digest * 48271 + n + 1) % 2147483647
            entry = sprintf("%d %d ", n + 1, next_digest)
            while (length(entry) < 511) entry = entry entry
            if ($0 == substr(entry, 1, 511)) { n++; digest = next_digest; next }
            tail = 1
        }
        $0 != filler { intact = 0; exit }
        END { if (intact && NR != capacity) intact = 0
            printf "%d %d %d %d\n", n, intact, digest, capacity
        }'
}

load() {
    set -- "$1" $(verify "$1")
    eval "last_$1=$2; intact_$1=$3; digest_$1=$4; capacity_$1=$5; loaded_$1=1"
}

append() {
    eval "[ \"\$loaded_$2\" = 1 ]" || load "$2"
    eval "last=\$last_$2; intact=\$intact_$2; digest=\$digest_$2; capacity=\$capacity_$2"
    if [ "$intact" != 1 ]; then echo "$1 err damaged the ledger of disk $2 is damaged after entry $last"; return; fi
    if [ "$3" != $((last + 1)) ]; then echo "$1 err order the last entry of disk $2 is $last, so the next one is not $3"; return; fi
    if [ "$3" -gt "$capacity" ]; then echo "$1 err full the ledger of disk $2 is full"; return; fi
    digest=$(((digest * 48271 + $3) % 2147483647))
    entry="$3 $digest "
    while [ ${#entry} -lt 511 ]; do entry="$entry$entry"; done
    if echo "${entry:0:511}" | dd "of=/mnt/$2/ledger" bs=512 seek=$last count=1 conv=notrunc,fsync oflag=direct iflag=fullblock 2>/tmp/dd; then
        eval "last_$2=$3; digest_$2=$digest"
        echo "$1 ok"
    else
        eval "loaded_$2=0"
        echo "$1 err failed $(cat /tmp/dd | head -n 1)"
    fi
}

# Overwrites the first 64 MiB of the device (ledger, file system and files of a small disk), and the ledger wherever it lies.
scramble() {
    eval "device=\$device_$2; loaded_$2=0"
    dd if=/dev/urandom of=/tmp/noise bs=1M count=1 2>/dev/null
    blocks=$(($(cat "/sys/block/${device##*/}/size") / 2048))
    if [ "$blocks" -gt 64 ]; then
        blocks=64
        ledger=$(($(stat -c %s "/mnt/$2/ledger" 2>/dev/null || echo 0) / 1048576))
        i=0
        while [ $i -lt $ledger ]; do
            dd if=/tmp/noise "of=/mnt/$2/ledger" bs=1M seek=$i conv=notrunc oflag=direct 2>/dev/null
            i=$((i + 1))
        done
    fi
    i=0
    while [ $i -lt $blocks ]; do
        if ! dd if=/tmp/noise of="$device" bs=1M seek=$i conv=notrunc oflag=direct 2>/tmp/dd; then
            echo "$1 err failed $(head -n 1 /tmp/dd)"
            return
        fi
        i=$((i + 1))
    done
    echo "$1 ok"
}

answer() {
    case "$2" in
        append | scramble | report)
            case "$3" in '' | *[!0-9]*) echo "$1 err disk not a disk: $3"; return ;; esac
            if [ "$3" -ge "$disks" ]; then echo "$1 err disk there is no disk $3, only $disks"; return; fi
            ;;
    esac
    case "$2" in
        ping) echo "$1 ok $disks" ;;
        append) append "$1" "$3" "$4" ;;
        scramble) scramble "$1" "$3" ;;
        sync) sync; echo "$1 ok" ;;
        report) set -- "$1" $(verify "$3"); echo "$1 ok $2 $3" ;;
        *) echo "$1 err verb unknown request" ;;
    esac
}

port=
while [ -z "$port" ]; do
    for candidate in /sys/class/virtio-ports/*; do
        if [ "$(cat "$candidate/name" 2>/dev/null)" = io.tidemark.ledger ]; then port=/dev/${candidate##*/}; fi
    done
    [ -n "$port" ] || usleep 100000
done
echo "sample program answers on $port, disks: $disks" >/dev/console
while :; do
    # The port reads as ended while nobody is connected on the host's side.
    if exec 3<>"$port"; then
        while read -r id request <&3; do
            set -- $request
            answer "$id" "$@" >&3
        done
        exec 3>&-
    fi
    usleep 50000
done
