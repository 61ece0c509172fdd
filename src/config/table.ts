/** How a value is read: `read` gives undefined where the text is not what `expected` says. */
type Reader<T> = { expected: string; read(text: string): T | undefined; show?(value: T): string }

/** What a value must be that is given as an option of the library, not as text. */
export type Check<T> = {
  /** `expected` of a value, where that is not what is expected of a text. */
  expectedValue?: string
  expected: string
  is(value: unknown): value is T
}

/** Reads the setting, and checks the option of the same meaning. */
type OptionReader<T> = Reader<T> & Check<T>

type ReadBy<R> = R extends Reader<infer T> ? T : never

type Setting<T> = {
  /** Name of the environment variable. */
  name: string
  /** One or two sentences for the README, .env.example and people who search. */
  about: string
  reader: Reader<T>
  /** The value in use where none is given; undefined where that means "not set". */
  fallback: T | undefined
  /** What a blank means, for settings without a value of their own to fall back to. */
  blank?: string
  /** Other names that are accepted. */
  aliases?: readonly string[]
  /** Never logged. */
  secret?: true
}

type Given<T> = Omit<Setting<T>, 'reader' | 'fallback'>

const PREFIX = 'SOW_QWEN3_'

/** A setting that always has a value. */
function setting<R extends Reader<unknown>, const F extends ReadBy<R>>(
  name: string,
  reader: R,
  fallback: F,
  about: string,
) {
  return { name: PREFIX + name, about, reader, fallback } satisfies Setting<unknown>
}

/** A setting that may be left out; `blank` says what that means. */
function optional<R extends Reader<unknown>>(
  name: string,
  reader: R,
  blank: string,
  about: string,
  more: Omit<Given<unknown>, 'name' | 'about' | 'blank'> = {},
) {
  return {
    name: PREFIX + name,
    about,
    reader,
    fallback: undefined,
    blank,
    ...more,
  } satisfies Setting<unknown>
}

export const text: OptionReader<string> = {
  expected: 'text',
  expectedValue: 'text without NUL',
  read: (value) => value,
  is: (value): value is string => typeof value === 'string' && !value.includes('\0'),
}

// No object: every object has a "constructor".
const FLAGS = new Map([
  ['true', true],
  ['1', true],
  ['yes', true],
  ['false', false],
  ['0', false],
  ['no', false],
])

export const flag: OptionReader<boolean> = {
  expected: 'true or false',
  read: (value) => FLAGS.get(value.toLowerCase()),
  is: (value) => typeof value === 'boolean',
}

const httpUrl: OptionReader<string> = {
  expected: 'an http(s) URL',
  read: (value) => (isHttpUrl(value) ? value : undefined),
  is: isHttpUrl,
}

function isHttpUrl(value: unknown): value is string {
  return typeof value === 'string' && URL.canParse(value) && /^https?:/i.test(value)
}

// Others cannot come in a header, or not as the same text: a service that has only such keys would refuse everyone.
const KEY = /^[ -~]{1,4096}$/

const keys: Reader<string[]> = {
  expected: 'one key, or several with commas between them, each of 1 to 4096 printable ASCII characters',
  read: (value) => {
    const list = value.split(',').map((key) => key.trim())
    return list.every((key) => KEY.test(key)) ? list : undefined
  },
}

const origins: Reader<string[]> = {
  expected: 'origins (https://example.com) with commas between them, or *',
  read: (value) => {
    const list = value.split(',').map((origin) => origin.trim())
    return list.every(isOrigin) && (list.length === 1 || !list.includes('*')) ? list : undefined
  },
}

function isOrigin(text: string): boolean {
  return text === '*' || (URL.canParse(text) && /^https?:/.test(text) && new URL(text).origin === text)
}

/** Ports, first and last of each range. */
type Ports = (readonly [first: number, last: number])[]

const ports: OptionReader<Ports> = {
  expected: 'ports and ranges of ports with commas between them, as in 80,443,9000-9010',
  expectedValue:
    'a list of [first, last] port, each a whole number from 1 to 65535, the first not above the last',
  read: (value) => {
    const ranges = value.split(',').map((range) => {
      const [, first, last = first] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(range.trim()) ?? []
      return [Number(first), Number(last)] as const
    })
    return ranges.every(isRange) ? ranges : undefined
  },
  is: (value): value is Ports => Array.isArray(value) && value.every(isRange),
  show: (ranges) => ranges.map(([first, last]) => (first === last ? first : `${first}-${last}`)).join(','),
}

function isRange(range: unknown): boolean {
  if (!Array.isArray(range) || range.length !== 2) return false
  const [first, last] = range
  return Number.isInteger(first) && Number.isInteger(last) && 1 <= first && first <= last && last <= 65_535
}

function wholeNumber(from: number, to: number): OptionReader<number> {
  const is = (value: unknown): value is number =>
    Number.isSafeInteger(value) && from <= (value as number) && (value as number) <= to
  return {
    expected: `a whole number from ${from} to ${to}`,
    read: (value) => (/^\d+$/.test(value) && is(Number(value)) ? Number(value) : undefined),
    is,
  }
}

/** A time: whole seconds in a setting, fractions as well in an option. Timers hold 2^31 - 1 ms, 24 days, at most. */
function seconds(from: 0 | 1, to: number): OptionReader<number> {
  return {
    ...wholeNumber(from, to),
    expectedValue: `seconds, a number ${from === 0 ? 'from 0' : 'above 0'} to ${to}`,
    is: (value): value is number =>
      typeof value === 'number' && (from === 0 ? value >= 0 : value > 0) && value <= to,
  }
}

export function oneOf<const T extends string>(values: readonly T[], why = ''): OptionReader<T> {
  return {
    expected: `${values.join(', ').replace(/, ([^,]*)$/, ' or $1')}${why}`,
    read: (value) => values.find((each) => each === value.toLowerCase()),
    is: (value): value is T => values.some((each) => each === value),
  }
}

const devices = oneOf(['auto', 'cpu'] as const, ' (only the CPU is supported)')
const weightTypes = oneOf(['float32', 'int8', 'int4'] as const)
const decodes = oneOf(['official', 'viterbi'] as const)
const isolations = oneOf(['thread', 'process'] as const)
const levels = oneOf(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const)

/** Every setting of the service. README's table, .env.example and the start-up log are made from it. */
export const CONFIG_TABLE = {
  host: setting(
    'HOST',
    text,
    '127.0.0.1',
    'Address to listen on; 0.0.0.0 for every one, as in the container.',
  ),
  port: setting('PORT', wholeNumber(0, 65_535), 8000, 'Port to listen on; 0 for any free one.'),
  apiKeys: optional(
    'API_KEY',
    keys,
    'no key is asked for',
    'Keys of which every request must bring one, as "Authorization: Bearer KEY" or "X-API-Key: KEY". Each sees its own jobs alone.',
    { secret: true },
  ),
  rateLimitPerMinute: optional(
    'RATE_LIMIT_PER_MINUTE',
    wholeNumber(1, 1_000_000),
    'no limit',
    'Requests a minute for each key, or for each client address where no keys are set; one more is answered with 429.',
  ),
  corsOrigins: optional(
    'CORS_ORIGINS',
    origins,
    'none',
    'Origins whose pages may use the service from a browser; * for every one.',
  ),
  modelPath: optional(
    'MODEL_PATH',
    text,
    'the embedded model',
    'Folder of a model. It must load, or the service answers 503 and says why; it never falls back to the embedded one.',
  ),
  device: setting('DEVICE', devices, 'auto', 'Where models run. auto is the CPU.'),
  dtype: optional(
    'DTYPE',
    weightTypes,
    'float32, or as the model was converted',
    'How the Qwen3 engine keeps its large matrices: float32, int8 or int4. The embedded model has its own.',
  ),
  decode: optional(
    'DECODE',
    decodes,
    'official',
    'How the Qwen3 engine reads its answers: official, as its reference does, or viterbi, the likeliest rising path.',
  ),
  maxConcurrent: setting(
    'MAX_CONCURRENT',
    wholeNumber(1, 64),
    1,
    'Alignments that run at once; each has a thread and a copy of the model.',
  ),
  threads: optional(
    'THREADS',
    wholeNumber(1, 256),
    'cores / MAX_CONCURRENT',
    'Threads inside each alignment.',
  ),
  isolation: setting(
    'WORKER_ISOLATION',
    isolations,
    'process',
    'Where alignments run: process, so that a crash of native code ends one alignment alone; or thread, in the process of the service.',
  ),
  stuckSeconds: setting(
    'STUCK_SECONDS',
    seconds(1, 86_400),
    120,
    'An alignment without progress for so long is stuck: its process is ended; where it is a thread, /health says so.',
  ),
  quarantineSeconds: setting(
    'QUARANTINE_SECONDS',
    seconds(0, 31_536_000),
    86_400,
    'How long an input that has ended two workers is refused; 0 refuses none.',
  ),
  maxQueue: setting(
    'MAX_QUEUE',
    wholeNumber(0, 10_000),
    16,
    'Requests that may wait for their turn; one more is answered with 429.',
  ),
  maxQueueAudioSeconds: optional(
    'MAX_QUEUE_AUDIO_SECONDS',
    seconds(0, 10_000_000),
    '300 for each of MAX_QUEUE',
    'Audio that may wait for its turn, seconds; a recording that would make it more is answered with 429.',
  ),
  maxAudioSeconds: setting('MAX_AUDIO_SECONDS', seconds(1, 36_000), 300, 'Longest recording, seconds.'),
  maxAudioBytes: setting(
    'MAX_AUDIO_BYTES',
    wholeNumber(1024, 2 ** 31 - 1),
    209_715_200,
    'Largest audio file, bytes.',
  ),
  maxInflightBytes: optional(
    'MAX_INFLIGHT_BYTES',
    wholeNumber(65_536, Number.MAX_SAFE_INTEGER),
    '1 GiB, or a quarter of the memory where that is less',
    'Bytes that all requests may hold at once, bodies and fetched audio; a request that would make it more is answered with 429.',
  ),
  bodyIdleSeconds: setting(
    'BODY_IDLE_SECONDS',
    wholeNumber(1, 255),
    30,
    'A client that sends nothing of its request for so long is answered with 408 and dropped.',
  ),
  requestTimeoutSeconds: setting(
    'REQUEST_TIMEOUT_SECONDS',
    wholeNumber(1, 86_400),
    600,
    'Longest time for one request, waiting included; then 504. Requests may ask for less.',
  ),
  fetchTimeoutSeconds: setting(
    'FETCH_TIMEOUT_SECONDS',
    seconds(1, 3600),
    60,
    'Longest time for fetching the audio of a request.',
  ),
  drainSeconds: setting(
    'DRAIN_SECONDS',
    wholeNumber(0, 3600),
    60,
    'How long running work may go on after SIGTERM or SIGINT.',
  ),
  maxJobs: setting(
    'MAX_JOBS',
    wholeNumber(1, 100_000),
    1000,
    'Jobs that may be unfinished at a time; one more is answered with 429.',
  ),
  jobTtlSeconds: setting(
    'JOB_TTL_SECONDS',
    wholeNumber(1, 31_536_000),
    86_400,
    'How long finished jobs and their results can be asked for.',
  ),
  cacheDir: optional(
    'CACHE_DIR',
    text,
    'nothing is kept',
    'Folder for finished results, what the model heard, and fetched audio: the same request is answered at once, and other lyrics to the same recording are aligned without hearing it again.',
  ),
  cacheMaxBytes: setting(
    'CACHE_MAX_BYTES',
    wholeNumber(1024, Number.MAX_SAFE_INTEGER),
    10_737_418_240,
    'Most that is kept in CACHE_DIR, bytes, converted models aside; what was used least lately goes first.',
  ),
  allowPrivateUrls: setting(
    'ALLOW_PRIVATE_URLS',
    flag,
    false,
    'Whether audio_url may point to private addresses (10.x, 192.168.x, localhost, ...).',
  ),
  fetchPorts: optional(
    'FETCH_PORTS',
    ports,
    '80,443,8080,8443; with ALLOW_PRIVATE_URLS 80,443,1024-65535',
    'Ports that an http(s) audio_url may name.',
  ),
  r2Bucket: optional(
    'R2_BUCKET',
    text,
    'none over HTTP',
    'The one bucket that the s3:// URLs of requests may name; without it they name none. The command line reads every bucket that the credentials can.',
    { aliases: ['SOW_R2_BUCKET'] },
  ),
  r2EndpointUrl: optional(
    'R2_ENDPOINT_URL',
    httpUrl,
    'AWS',
    'Address of the S3-compatible storage for s3:// URLs (Cloudflare R2, MinIO).',
    { aliases: ['SOW_R2_ENDPOINT_URL'] },
  ),
  r2AccessKeyId: optional(
    'R2_ACCESS_KEY_ID',
    text,
    'the AWS environment',
    'Access key of the storage; together with the secret one.',
    { aliases: ['SOW_R2_ACCESS_KEY_ID'], secret: true },
  ),
  r2SecretAccessKey: optional(
    'R2_SECRET_ACCESS_KEY',
    text,
    'the AWS environment',
    'Secret key of the storage.',
    {
      aliases: ['SOW_R2_SECRET_ACCESS_KEY'],
      secret: true,
    },
  ),
  logLevel: setting(
    'LOG_LEVEL',
    levels,
    'info',
    'How much is logged: JSON lines on stdout, one for every request.',
  ),
  otelEnabled: setting(
    'OTEL_ENABLED',
    flag,
    false,
    'Whether traces are sent by OpenTelemetry, to where its own OTEL_* variables say. Needs packages of its own.',
  ),
} as const

type Table = typeof CONFIG_TABLE

type ValueOf<S> = S extends { reader: Reader<infer T>; fallback: infer F }
  ? T | (F extends undefined ? undefined : never)
  : never

/** The values of the {@link CONFIG_TABLE}; undefined where a setting without default is not set. */
export type Settings = { readonly [K in keyof Table]: ValueOf<Table[K]> }

/** Names of compose's own variables, which stand in the same .env file. */
export const COMPOSE_NAMES = ['SOW_QWEN3_MODEL_VOLUME', 'SOW_QWEN3_PUBLISH']
