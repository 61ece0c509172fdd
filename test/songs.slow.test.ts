import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { measure } from '../src/cli/evaluate/measure.ts'
import { readSongs, type Song } from '../src/cli/evaluate/songs.ts'
import { type Aligner, createAligner } from '../src/index.ts'

// Real songs with human timings; their licences keep them out of this repository.
const folder = fileURLToPath(new URL('../../shared/songs', import.meta.url))
const songs = existsSync(folder) ? readSongs(folder) : []
const bands = songs.filter(({ reference }) => /^(jamendo|ultrastar)/.test(reference.set))

describe.skipIf(songs.length === 0)(
  'songs of the development split (skipped where ../shared/songs is not there)',
  () => {
    let aligner: Aligner
    beforeAll(async () => {
      aligner = await createAligner({ maxAudioSeconds: 600 })
    })
    afterAll(() => aligner.close())

    const lyricsOf = ({ lyrics }: Song) => lyrics.trimEnd().split('\n')

    test.each(bands)(
      '$name: lines are where they are sung, and what is called aligned can be believed',
      async (song) => {
        const { lines, words, trust } = await measure(song, aligner, 'auto', new AbortController().signal)
        expect(lines.mean).toBeLessThan(5)
        expect(lines.within1s).toBeGreaterThan(0.75)
        expect(words!.within300ms).toBeGreaterThan(0.7)
        expect(trust.both / trust.calledAligned).toBeGreaterThan(0.9)
      },
    )

    test.each(bands.slice(0, 3))('$name: the lyrics of another song are not called aligned', async (song) => {
      const other = bands[(bands.indexOf(song) + 3) % bands.length]!
      const { lines, verdict } = await aligner.align(song.audio, other.lyrics)
      expect(verdict.level).toBe('unreliable')
      expect(lines.filter(({ status }) => status === 'aligned').length / lines.length).toBeLessThan(0.3)
    })

    test.each(bands.slice(3, 5))(
      '$name: lines that are not sung are not called aligned, and the others stay',
      async (song) => {
        const lyrics = lyricsOf(song)
        const foreign = lyricsOf(bands[0]!).slice(0, 3)
        const withForeign = [...lyrics.slice(0, 6), ...foreign, ...lyrics.slice(6)]
        const plain = await aligner.align(song.audio, lyrics.join('\n'))
        const { lines } = await aligner.align(song.audio, withForeign.join('\n'))
        expect(lines.slice(6, 9).filter(({ status }) => status === 'aligned')).toEqual([])
        const rest = lines.filter((_, i) => i < 6 || i > 8)
        const stayed = rest.filter(({ start }, i) => Math.abs(start - plain.lines[i]!.start) < 1)
        expect(stayed.length / rest.length).toBeGreaterThan(0.9)
      },
    )
  },
)
