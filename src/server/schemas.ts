import { type Static, t } from 'elysia'
import { FORMATS } from '../format/files.ts'
import { LAYOUTS } from '../format/layout.ts'
import { MARKERS } from '../format/options.ts'
import { DOUBTS, MARKER_KINDS, STRUCTURES } from '../types.ts'

/** One of some words; Elysia takes the first for a default unless told otherwise. */
function oneOf<const T extends readonly [string, ...string[]]>(words: T, description?: string) {
  const schema = t.UnionEnum(words, { ...(description && { description }) })
  delete schema.default
  return schema
}

/** A whole number. Elysia's own t.Integer is documented as a text that may stand for one as well. */
function count(description = '', example = 1) {
  return t.Number({ minimum: 0, multipleOf: 1, examples: [example], ...(description && { description }) })
}

const seconds = (description: string, example: number) =>
  t.Number({ description: `${description}, seconds`, minimum: 0, examples: [example] })

const confidence = t.Number({ description: 'From 0 to 1', minimum: 0, maximum: 1, examples: [0.93] })

const status = oneOf(
  ['aligned', 'suspect', 'unsung', 'interpolated', 'marker', 'blank'],
  'aligned: can be used as it is; suspect: look at it before use; unsung: not in the recording; interpolated: derived from its neighbours; marker, blank: not sung',
)

/** What POST /api/v1/align takes, as JSON or as a form. */
export const AlignBody = t.Object(
  {
    audio_url: t.Optional(
      t.String({
        description: 'Where the recording is: http(s):// or s3://bucket/key. Either this or audio.',
        maxLength: 8192,
        examples: ['https://example.com/song.mp3', 's3://songs/amazing-grace.mp3'],
      }),
    ),
    audio: t.Optional(
      t.File({ description: 'The recording itself (multipart/form-data). Either this or audio_url.' }),
    ),
    lyrics_text: t.String({
      description: 'The lyrics, a line each; blank lines and markers such as [Chorus] may stand in them',
      examples: ['Amazing grace, how sweet the sound\nThat saved a wretch like me'],
    }),
    language: t.Optional(
      t.String({
        description:
          'Name ("Chinese") or code ("zh") of the language; auto looks at the script of every line',
        default: 'auto',
        maxLength: 64,
        examples: ['auto', 'zh', 'Chinese'],
      }),
    ),
    format: t.Optional(
      t.UnionEnum([...FORMATS, 'all'], {
        description:
          'lrc fills lrc_content, json fills json_data, the others are found in files; all fills everything',
        default: 'lrc',
      }),
    ),
    structure: t.Optional(
      t.UnionEnum([...STRUCTURES], {
        description:
          'free: lines may be left out, sung again or in another order; strict: each is sung once, in order',
        default: 'free',
      }),
    ),
    layout: t.Optional(
      t.UnionEnum([...LAYOUTS], {
        description:
          'written: the lines of the text; sung: what is sung in the order it is sung, repeats included. Of lrc, srt, vtt, enhanced-lrc',
        default: 'written',
      }),
    ),
    compressed: t.Optional(
      t.Boolean({
        description: 'Whether LRC has all times of a line before it, once: [00:10.00][01:20.00]text',
        default: false,
      }),
    ),
    markers: t.Optional(
      oneOf(
        MARKERS,
        'Names of parts in LRC and subtitles: keep them as they stand, round: with (round) brackets, omit them. LRC keeps them unless told otherwise, subtitles omit them',
      ),
    ),
    timeout: t.Optional(
      t.Number({
        description:
          'Seconds after which the request is given up with 504; at most REQUEST_TIMEOUT_SECONDS of the service',
        exclusiveMinimum: 0,
        examples: [120],
      }),
    ),
    force: t.Optional(
      t.Boolean({ description: 'Whether to work anew where the answer is in the cache', default: false }),
    ),
  },
  {
    description: 'A recording (audio_url or audio) and its lyrics',
    examples: [
      {
        audio_url: 'https://example.com/song.mp3',
        lyrics_text: 'Amazing grace, how sweet the sound\nThat saved a wretch like me',
        language: 'auto',
        format: 'lrc',
      },
    ],
  },
)
export type AlignBody = Static<typeof AlignBody>

/** What POST /api/v1/align reads of the head of a request, beside keys. */
export const AlignHeaders = t.Object({
  prefer: t.Optional(
    t.String({
      description:
        'wait=SECONDS (RFC 7240): give up after that time with 504. More than the service allows is cut to that; Preference-Applied says what holds.',
      examples: ['wait=120'],
    }),
  ),
  'x-request-id': t.Optional(
    t.String({
      description: 'Found again in the answer and in the log where it is of at most 128 plain characters',
    }),
  ),
})

/** What can be asked for. */
export type AnswerFormat = NonNullable<AlignBody['format']>

const word = t.Object({
  start_time: seconds('Start', 12.34),
  end_time: seconds('End', 12.9),
  text: t.String({ description: 'A word, or one CJK character', examples: ['Amazing'] }),
  confidence,
})

const doubt = t.Object(
  { code: oneOf(DOUBTS), message: t.String({ description: 'A sentence for people' }) },
  { description: 'Why a line is suspect' },
)

const span = { start_time: seconds('Start', 12.34), end_time: seconds('End', 16.02) }

const occurrence = t.Object({ ...span, confidence, words: t.Array(word) })

const performed = t.Object({
  line: count('Index of its line in the text, from 0', 3),
  ...span,
  status: oneOf(['aligned', 'suspect']),
  doubt: t.Optional(doubt),
  confidence,
  words: t.Array(word),
})

const marker = t.Object(
  {
    kind: oneOf(MARKER_KINDS, 'section: a part begins; repeat: it comes again; translation: of another line'),
    name: t.Optional(
      t.String({ description: 'The part, in English with its number', examples: ['verse 2', 'chorus'] }),
    ),
    times: t.Optional(count('How often it is sung', 2)),
  },
  { description: 'What a line says that is not sung, or the label before a sung line' },
)

const line = t.Object({
  start_time: seconds('Start', 12.34),
  end_time: seconds('End', 16.02),
  text: t.String({
    description: 'The line as it was given',
    examples: ['Amazing grace, how sweet the sound'],
  }),
  status,
  doubt: t.Optional(doubt),
  confidence: t.Nullable(confidence),
  marker: t.Optional(marker),
  singer: t.Optional(t.String({ description: 'Who sings it, as the text says', examples: ['Anna'] })),
  translation: t.Optional(
    t.String({ description: 'The same in another language, as another line of the text has it' }),
  ),
  romanization: t.Optional(
    t.String({ description: 'The same in Latin letters, as another line of the text has it' }),
  ),
  engine: t.Optional(
    oneOf(['ctc', 'qwen3'], 'Where Qwen3 runs: what gave the time; ctc where its answer was not accepted'),
  ),
  words: t.Array(word),
  occurrences: t.Optional(t.Array(occurrence, { description: 'Every time that the line is sung' })),
})

const verdict = t.Object(
  {
    level: oneOf(
      ['good', 'mixed', 'unreliable'],
      'unreliable: text and recording do not seem to belong together',
    ),
    sung_lines: count('Lines that are sung', 24),
    aligned_lines: count('Of these, lines that can be used as they are', 23),
    confidence,
    covered: t.Optional(
      t.Nullable(
        t.Number({
          description: 'Share of the singing that lies in lines; null where it cannot be told',
          minimum: 0,
          maximum: 1,
          examples: [0.97],
        }),
      ),
    ),
    sung: t.Optional(
      t.Number({
        description: 'Share of the letters of the text that are sung',
        minimum: 0,
        maximum: 1,
        examples: [1],
      }),
    ),
    reasons: t.Array(t.String(), { description: 'Sentences for people; empty when good' }),
  },
  { description: 'How far the result can be trusted' },
)

const model = t.Object(
  { name: t.String(), version: t.String(), engine: oneOf(['ctc', 'qwen3']) },
  { description: 'What gave the times' },
)

/** What POST /api/v1/align answers. The first four keys are those of the first service; the others were added. */
export const AlignAnswer = t.Object(
  {
    lrc_content: t.Nullable(
      t.String({
        description:
          'A timed line for every line of the lyrics, nothing else; null unless format is lrc or all',
        examples: ['[00:12.34]Amazing grace, how sweet the sound\n[00:16.10]That saved a wretch like me'],
      }),
    ),
    json_data: t.Nullable(
      t.Array(line, { description: 'Every line of the lyrics; null unless format is json or all' }),
    ),
    line_count: count('Lines of the lyrics, blank ones included', 28),
    duration_seconds: seconds('Length of the recording', 241.3),
    audio: t.Optional(
      t.Object(
        {
          seconds: seconds('Length of the recording', 241.3),
          damaged: t.Array(
            t.Object({ start: seconds('Where it starts', 61.2), end: seconds('Where it ends', 61.9) }),
            {
              description:
                'Stretches that could not be read; they count as silence, so that what follows keeps its time',
            },
          ),
        },
        { description: 'What the recording was like' },
      ),
    ),
    language: t.String({
      description: 'Code of the language asked for or found; empty where it cannot be told',
    }),
    model,
    verdict,
    line_status: t.Array(status, { description: 'The status of every line of the lyrics, in their order' }),
    performance: t.Optional(
      t.Nullable(
        t.Array(performed, {
          description: 'What is sung in the order it is sung; null unless format is json or all',
        }),
      ),
    ),
    extra: t.Optional(
      t.Nullable(
        t.Array(t.Object(span), {
          description: 'Singing of a second and more that is in no line; null unless format is json or all',
        }),
      ),
    ),
    files: t.Record(t.String(), t.String(), {
      description: 'Contents of the other formats asked for, by their names',
    }),
    request_id: t.String(),
  },
  { description: 'The times of every line' },
)
export type AlignAnswer = Static<typeof AlignAnswer>

/** The body of every error. */
export const ErrorBody = t.Object(
  {
    detail: t.String({ description: 'What was expected and what came', examples: ['Model not loaded'] }),
    code: t.String({ description: 'One of the codes of the README', examples: ['MODEL_NOT_READY'] }),
    retryable: t.Boolean({ description: 'Whether the same request may succeed later' }),
    request_id: t.String({ description: 'Finds the request in the log' }),
    state: t.Optional(oneOf(['loading', 'failed', 'stuck', 'draining'])),
    reason: t.Optional(t.String({ description: 'Why the model is not ready' })),
  },
  { description: 'An error' },
)
export type ErrorBody = Static<typeof ErrorBody>

/** How an alignment can fail, by status. */
export const Failures = {
  400: ErrorBody,
  401: ErrorBody,
  408: ErrorBody,
  413: ErrorBody,
  422: ErrorBody,
  429: ErrorBody,
  500: ErrorBody,
  502: ErrorBody,
  503: ErrorBody,
  504: ErrorBody,
} as const

/** What GET /health answers when alignments can be made. */
export const HealthBody = t.Object(
  {
    status: t.Literal('healthy'),
    version: t.String(),
    model: t.Literal('ready'),
    model_name: t.String(),
    model_version: t.String(),
    engine: oneOf(['ctc', 'qwen3']),
    model_source: oneOf(
      ['embedded', 'model_path'],
      'embedded: SOW_QWEN3_MODEL_PATH is not set, the model of the package is in use',
    ),
    running: count('Alignments at work'),
    queued: count('Requests that wait'),
    max_concurrent: count(),
    threads: count('Threads inside each alignment'),
    expected_wait_seconds: t.Nullable(
      t.Number({ description: 'Until a place is free; null before the first result' }),
    ),
  },
  { description: 'Ready' },
)
export type HealthBody = Static<typeof HealthBody>
