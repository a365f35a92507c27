#!/bin/sh
# Prints the path of a Chromium that starts, for the browser tests.
#
#   ensure_chromium.sh         finds one, else installs one with the system's package manager
#   ensure_chromium.sh --find  only finds
#
# CHROMIUM=/path/to/browser names one yourself. Exits 1, saying what to install, when there is none.
set -eu

say() { printf '%s\n' "$*" >&2; }

starts() { # a distribution may leave a stub that only says "use snap": ask the browser itself
    "$1" --version >/dev/null 2>&1
}

find_chromium() {
    for name in google-chrome google-chrome-stable chromium chromium-browser \
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" \
        "/Applications/Chromium.app/Contents/MacOS/Chromium"; do
        path=$(command -v "$name" 2>/dev/null) || continue
        if starts "$path"; then
            printf '%s\n' "$path"
            return 0
        fi
    done
    return 1
}

has_vietnamese_font() {
    [ "$(uname)" = Darwin ] && return 0
    command -v fc-list >/dev/null 2>&1 && [ -n "$(fc-list :lang=vi family)" ]
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"
    elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then sudo -n "$@"
    else
        say "Not permitted to install: neither root nor sudo without a password."
        return 1
    fi
}

install_packages() { # browser and a font that has every Vietnamese letter
    if command -v apt-get >/dev/null 2>&1; then
        as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq &&
            as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
                chromium fontconfig fonts-noto-core
    elif command -v dnf >/dev/null 2>&1; then as_root dnf install -y -q chromium fontconfig dejavu-sans-fonts
    elif command -v zypper >/dev/null 2>&1; then as_root zypper -n -q install chromium fontconfig dejavu-fonts
    elif command -v pacman >/dev/null 2>&1; then as_root pacman -Sy --noconfirm --needed chromium fontconfig noto-fonts
    elif command -v apk >/dev/null 2>&1; then as_root apk add -q chromium fontconfig font-noto
    elif command -v brew >/dev/null 2>&1; then brew install --cask --quiet google-chrome
    else
        say "No package manager known here (apt-get, dnf, zypper, pacman, apk, brew)."
        return 1
    fi
}

if [ -n "${CHROMIUM:-}" ]; then
    starts "$CHROMIUM" || { say "CHROMIUM=$CHROMIUM does not start. Correct it, or unset it."; exit 1; }
    printf '%s\n' "$CHROMIUM"
    exit 0
fi
if path=$(find_chromium) && has_vietnamese_font; then
    printf '%s\n' "$path"
    exit 0
fi
if [ -n "${path:-}" ]; then missing="A font with Vietnamese letters"; else missing="A Chromium"; fi

if [ "${1:-}" != --find ]; then
    say "$missing is missing: installing it with the system's package manager."
    if install_packages >&2 && path=$(find_chromium) && has_vietnamese_font; then
        printf '%s\n' "$path"
        exit 0
    fi
fi

say ""
say "$missing is needed by the browser tests and could not be had. Install it, then try again:"
say "  Debian:         apt-get install chromium fontconfig fonts-noto-core"
say "  Fedora:         dnf install chromium fontconfig dejavu-sans-fonts"
say "  Ubuntu, others: Google Chrome or Chromium as your system offers it, fontconfig, and a Noto or DejaVu font"
say "A browser that lies elsewhere: CHROMIUM=/path/to/it make test"
exit 1
