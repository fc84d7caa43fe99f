# shellcheck shell=bash disable=SC2034,SC2154 # what others set, and what is for others
# The machine of scripts/vm as a folder: Debian 13 with systemd, PipeWire and the distribution's kernel,
# a user who lingers, and our package, installed with apt. Sourced after packages.sh, trees.sh and
# package_build.sh.
#
#   vm_base     the folder of a Debian 13 with what the trials need, but no user and none of ours; made
#               once, and kept beside the other trees by what is in it
#   vm_root     $vm_tree: a copy with a user and with the package that build_package has built
#   vm_disk     $vm_image: the same as a disk, for machines that have one

vm_tree=$trees/trixie-vm
vm_image=$trees/trixie-vm.img

vm_base() {
  local base made key
  key=$({ printf '%s\n' "$packages_vm_root"; declare -f vm_base; } | sha256sum | cut -c1-12)
  made=$trees/trixie-vm-base-$key
  if [ ! -d "$made" ]; then
    base=$(tree_base trixie) || return
    rm -rf "$trees"/trixie-vm-base-*
    tree_copy "$base" "$made.part" || return
    # A small initial RAM disk, of this machine's devices and of no other's: it is loaded in seconds.
    install -D -m 644 /dev/stdin "$made.part/etc/initramfs-tools/conf.d/vm" <<<'MODULES=list' || return
    printf '%s\n' virtio_pci virtio_blk ext4 |
      install -D -m 644 /dev/stdin "$made.part/etc/initramfs-tools/modules" || return
    in_tree "$made.part" apt-get update -qq >&2 || return
    # shellcheck disable=SC2086 # a list of words
    in_tree "$made.part" apt-get install -y -qq --no-install-recommends $packages_vm_root >&2 || return
    in_tree "$made.part" apt-get clean || return
    mv "$made.part" "$made"
  fi
  printf '%s\n' "$made"
}

# vm_settings TREE: who lives there, and what runs. The trial is a service that the kernel's command line
# asks for (TRIAL=NAME): it has the console, and when it ends, the machine does.
vm_settings() {
  local unit units=$1/etc/systemd/system
  echo gemini-vm >"$1/etc/hostname"
  printf '127.0.0.1 localhost gemini-vm\n' >"$1/etc/hosts"
  # On the host's file system, which User Mode Linux has, the user's new files would be root's.
  echo 'home /home tmpfs mode=755 0 0' >"$1/etc/fstab"
  echo 'd /home/tester 0700 tester tester' >"$1/etc/tmpfiles.d/tester.conf"
  in_tree "$1" useradd --uid 1000 --no-create-home --groups audio --shell /bin/bash tester || return
  install -D -m 644 /dev/null "$1/var/lib/systemd/linger/tester" || return
  # What only takes time in a machine that lives for minutes.
  for unit in apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer fstrim.timer \
    getty@tty1.service serial-getty@ttyS0.service systemd-hwdb-update.service systemd-journal-flush.service; do
    ln -sf /dev/null "$units/$unit"
  done
  # PipeWire prefers a form of samples that other programs do not; the two ends of a loopback card
  # must have the same. And its volume is that of both ends.
  install -D -m 644 /dev/stdin "$1/etc/wireplumber/wireplumber.conf.d/loopback.conf" <<'END' || return
monitor.alsa.rules = [ {
  matches = [ { node.name = "~alsa_.*snd_aloop.*" } ]
  actions = { update-props = { audio.format = "S16LE" } }
} ]
wireplumber.settings = { device.routes.default-sink-volume = 1.0 }
END
  cat >"$units/trial.service" <<'END'
[Unit]
ConditionKernelCommandLine=TRIAL
After=systemd-user-sessions.service user@1000.service
SuccessAction=poweroff-immediate
FailureAction=poweroff-immediate

[Service]
Type=oneshot
ExecStart=/usr/bin/python3 -u /trial/vm_trial.py
StandardOutput=tty
StandardError=tty
TTYPath=/dev/console

[Install]
WantedBy=multi-user.target
END
  in_tree "$1" systemctl enable -q trial.service && in_tree "$1" systemctl set-default -q multi-user.target
}

vm_root() {
  local base build=$trees/trixie-build
  tree_lock "${vm_tree##*/}"
  base=$(vm_base) || return
  tree_copy "$base" "$vm_tree" && vm_settings "$vm_tree" && mkdir "$vm_tree/trial" || return
  cp "$build"/gemini-voice_*.deb "$build/$sim_in_tree" scripts/lib/vm_*.py tests/data/question.wav \
    "$vm_tree/trial" || return
  in_tree "$vm_tree" apt-get update -qq && in_tree "$vm_tree" bash -c \
    'apt-get install -y -qq --no-install-recommends /trial/gemini-voice_*.deb' || return
  # For the stand-in, so that TLS and its checks are the real ones.
  in_tree "$vm_tree" openssl req -x509 -newkey rsa:2048 -nodes -days 30 -keyout /trial/key.pem -out /trial/cert.pem \
    -subj /CN=gemini-live-sim -addext subjectAltName=IP:127.0.0.1 || return
  # Services do start here, and nothing is to be brought up to date first.
  rm "$vm_tree/usr/sbin/policy-rc.d" && touch "$vm_tree/etc/.updated" "$vm_tree/var/.updated"
}

# The machine's writes to it are thrown away.
vm_disk() {
  rm -f "$vm_image"
  truncate -s 4G "$vm_image" && mkfs.ext4 -q -F -O ^has_journal -d "$vm_tree" "$vm_image"
}
