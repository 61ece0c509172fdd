import { encodeWav, silence } from './audio-samples.ts'

/** What an attack sends: a body to a path of the service. */
export type Shot = { path: string; body: string | FormData }

/** A request that is made to cost far more than it is worth. */
export type Attack = { name: string; shots: () => Shot[] }

const MB = 1_000_000
// Short, and readable: what is under attack is what stands beside it.
const WAV = new Blob([encodeWav([silence(0.5, 16_000)], 16_000)])
// Nobody listens there, and private addresses are refused: what is under attack comes before the fetch.
const NOWHERE = 'http://127.0.0.1:9/a.wav'

const times = (count: number, text: string) => text.repeat(count)

const LYRICS: Readonly<Record<string, string>> = {
  'names of parts that can be read in many ways': `${times(19, '1절 ,')}1절 !`,
  'tags that are not closed, with a blank': times(40_000, '<rp '),
  'tags that are not closed': times(16_000, '<rp'),
  'marks above and below in the wrong order': times(66_000, '\u0301') + times(66_000, '\u0316'),
  'apostrophes between two letters': `a${times(40_000, 'ʼ')}b`,
  'kanji between small kana': times(50, 'っ語'),
}

const ARRAYS = times(MB / 2, '[') + times(MB / 2, ']')
const OBJECTS = `${times(MB / 6, '{"a":')}1${times(MB / 6, '}')}`

/** JSON in which a value stands in the place of the lyrics, to each route that takes JSON. */
function asJson(lyrics: string): Shot[] {
  const item = `{"audio_url":"${NOWHERE}","lyrics_text":${lyrics}}`
  return [
    { path: '/api/v1/align', body: item },
    { path: '/api/v1/jobs', body: item },
    { path: '/api/v1/batches', body: `{"items":[${item}]}` },
  ]
}

function asForms(audio: Blob, lyrics: string): Shot[] {
  return ['/api/v1/align', '/api/v1/jobs'].map((path) => {
    const body = new FormData()
    body.set('audio', audio)
    body.set('lyrics_text', lyrics)
    return { path, body }
  })
}

/** Empty ID3 tags, one behind the other. */
function emptyTags(bytes: number): Blob {
  const tag = [...Buffer.from('ID3'), 4, 0, 0, 0, 0, 0, 0]
  return new Blob([Buffer.alloc(bytes, Buffer.from(tag))])
}

/** Add yours here: while it runs, the service must answer, and go on when it is over. docs/RELIABILITY.md lists them. */
export const ATTACKS: readonly Attack[] = [
  ...Object.entries(LYRICS).map(([name, lyrics]) => ({
    name: `lyrics: ${name}`,
    shots: () => [...asForms(WAV, lyrics), ...asJson(JSON.stringify(lyrics))],
  })),
  { name: 'JSON: arrays in one another', shots: () => asJson(ARRAYS) },
  { name: 'JSON: objects in one another', shots: () => asJson(OBJECTS) },
  { name: 'JSON: arrays that are not closed', shots: () => asJson(times(MB, '[')) },
  { name: 'JSON: a million values', shots: () => asJson(`[${times(MB, '0,')}0]`) },
  { name: 'audio: 20 MB of empty ID3 tags', shots: () => asForms(emptyTags(20 * MB), 'One two') },
]
