import { AlignError } from '../errors.ts'
import { createCollector } from './collect.ts'
import { meantBy } from './meant.ts'
import { createMultipartReader, type PartHead, type PartSink } from './multipart.ts'
import { Upload } from './upload.ts'

/**
 * The fields of a form: files as Upload, others as text, but `timeout` and `force`, which mean a number and a flag.
 * Lyrics may come as a file as well, as `curl -F lyrics_text=@lyrics.txt` sends them. The recording is in `audio`, all
 * other parts together are bound by `maxTextBytes`.
 * @throws AlignError BODY_INVALID, AUDIO_TOO_LARGE, LYRICS_TOO_LARGE, LYRICS_UNREADABLE
 */
export async function readForm(
  pieces: AsyncIterable<Uint8Array>,
  contentType: string,
  maxAudioBytes: number,
  maxTextBytes: number,
): Promise<Record<string, unknown>> {
  const fields = new Map<string, unknown>()
  let textLeft = maxTextBytes
  const reader = createMultipartReader(contentType, sinkOf)
  for await (const piece of pieces) reader.push(piece)
  reader.end()
  return Object.fromEntries(fields)

  function sinkOf({ name, filename }: PartHead): PartSink {
    if (fields.has(name))
      throw new AlignError('BODY_INVALID', `Expected every field once, got a second ${shown(name)}`)
    // Its position, so that the order and the first of two are known while it is read.
    fields.set(name, undefined)
    const isAudio = name === 'audio' && filename !== undefined
    const collector = isAudio
      ? createCollector(maxAudioBytes, tooMuchAudio)
      : createCollector(textLeft, () => tooMuchText(name))
    return {
      write(bytes) {
        collector.write(bytes)
        if (!isAudio) textLeft -= bytes.length
      },
      end() {
        const bytes = collector.take()
        const isFile = filename !== undefined && name !== 'lyrics_text'
        fields.set(name, isFile ? new Upload(bytes, filename) : fieldOf(name, bytes))
      },
    }
  }

  function tooMuchAudio(): AlignError {
    return new AlignError('AUDIO_TOO_LARGE', `Expected at most ${maxAudioBytes} bytes of audio, got more`)
  }

  function tooMuchText(name: string): AlignError {
    if (meantBy(name) === 'audio')
      return new AlignError(
        'BODY_INVALID',
        `Expected the recording in the field audio, got it in ${shown(name)}`,
      )
    return new AlignError(
      'LYRICS_TOO_LARGE',
      `Expected at most ${maxTextBytes} bytes beside the audio, got more`,
    )
  }
}

const FLAGS = new Set(['force', 'compressed'])

function fieldOf(name: string, bytes: Uint8Array): unknown {
  const text = textOf(name, bytes)
  if (name === 'timeout' && /^\d{1,9}(\.\d{1,9})?$/.test(text)) return Number(text)
  if (FLAGS.has(name) && (text === 'true' || text === 'false')) return text === 'true'
  return text
}

function textOf(name: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (error) {
    const code = name === 'lyrics_text' ? 'LYRICS_UNREADABLE' : 'BODY_INVALID'
    throw new AlignError(code, `Expected UTF-8 in ${shown(name)}, got something else`, { cause: error })
  }
}

function shown(name: string): string {
  return JSON.stringify(name.slice(0, 40))
}
