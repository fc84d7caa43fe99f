# shellcheck shell=bash disable=SC2154 # what trees.sh and vm_root.sh set
# The two machines that scripts/vm runs its trials in. Both print the lines of their table, and
# COUNTS passed failed. Sourced after vm_root.sh.

# User Mode Linux on the folder itself, in virtual time: waiting costs nothing, and nothing is late.
machine_session() {
  local kernel timer=''
  kernel=$(tests/kernel/ensure-kernel.sh) || return
  # Only a kernel from 7.0 on knows the loopback card's high resolution timer.
  case $("$kernel" --version) in
    [7-9].* | [1-9][0-9].*) timer=snd_aloop.timer_source=hrtimer,hrtimer ;;
  esac
  setpriv --pdeathsig TERM python3 scripts/lib/vm_machine.py "$trees/session.log" - 1800 \
    "$kernel" mem=1024M root=/dev/root rootfstype=hostfs rootflags="$vm_tree" rw time-travel=inf-cpu \
    con=null con0=null,fd:1 ssl=null seccomp=on quiet loglevel=3 net.ifnames=0 \
    systemd.show_status=0 systemd.log_level=warning TRIAL=session DATE="$(date +%s)" \
    snd_dummy.enable=0 snd_aloop.index=0,1 snd_aloop.enable=1,1 snd_aloop.id=Speaker,Mic \
    snd_aloop.pcm_substreams=2,2 $timer
}

# QEMU without hardware help, so that it runs everywhere. What the headset plays goes into a file, which
# the machine can read as /trial/host/headset.wav; the card hears silence.
machine_cards() {
  local work kernel
  work=$(mktemp -d)
  kernel=$(find "$vm_tree/boot" -name 'vmlinuz-*')
  setpriv --pdeathsig TERM python3 scripts/lib/vm_machine.py "$trees/cards.log" "$work/monitor" 1800 \
    qemu-system-x86_64 -machine pc,hpet=off -accel tcg,thread=multi,tb-size=512 -cpu max -smp 2 -m 2048 \
    -display none -no-reboot -nodefaults -serial stdio -monitor unix:"$work/monitor",server=on,wait=off \
    -kernel "$kernel" -initrd "${kernel/vmlinuz/initrd.img}" \
    -append "console=ttyS0 root=/dev/vda rw quiet mitigations=off no_timer_check net.ifnames=0 mem_sleep_default=s2idle systemd.show_status=0 TRIAL=cards" \
    -drive file="$vm_image",if=virtio,format=raw,cache=unsafe,snapshot=on \
    -fsdev local,id=host,path="$work",security_model=none,readonly=on -device virtio-9p-pci,fsdev=host,mount_tag=host \
    -audiodev none,id=card -device intel-hda,id=hda -device hda-duplex,audiodev=card \
    -audiodev wav,id=headset,path="$work/headset.wav",out.frequency=48000 -device qemu-xhci,id=xhci \
    -device usb-audio,id=headset,audiodev=headset,bus=xhci.0
  rm -rf "$work"
}
