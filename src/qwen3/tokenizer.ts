import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Tokenizer as BytePairTokenizer } from '@huggingface/tokenizers'
import { AlignError } from '../errors.ts'
import type { MarkerTokens } from './prompt.ts'

export type Tokenizer = {
  /** Token ids of a text; added tokens in it are recognised. */
  encode(text: string): number[]
  markers: MarkerTokens
}

/** The pre-tokenizer of Qwen2: contractions, words, single digits, punctuation, line ends, spaces. */
const PATTERN =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"

/**
 * Reads tokenizer.json, or vocab.json and merges.txt with the added tokens of tokenizer_config.json.
 * @param known ids of marker tokens that the files may lack
 * @throws AlignError MODEL_INVALID
 */
export async function loadTokenizer(folder: string, known: Partial<MarkerTokens> = {}): Promise<Tokenizer> {
  try {
    const definition = (await readIfThere(folder, 'tokenizer.json')) ?? (await fromParts(folder))
    const tokenizer = new BytePairTokenizer(definition, {})
    return { encode: (text) => tokenizer.encode(text).ids, markers: findMarkers(tokenizer, known) }
  } catch (cause) {
    if (cause instanceof AlignError) throw cause
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new AlignError('MODEL_INVALID', `The tokeniser in ${folder} cannot be read: ${reason}`, { cause })
  }
}

async function readIfThere(folder: string, name: string): Promise<object | undefined> {
  try {
    return JSON.parse(await readFile(join(folder, name), 'utf8'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

type AddedToken = {
  content: string
  special?: boolean
  lstrip?: boolean
  rstrip?: boolean
  normalized?: boolean
}
type TokenizerConfig = { added_tokens_decoder?: Record<string, AddedToken> }

/** What tokenizer.json would say. */
async function fromParts(folder: string): Promise<object> {
  const vocab = JSON.parse(await readFile(join(folder, 'vocab.json'), 'utf8'))
  const merges = (await readFile(join(folder, 'merges.txt'), 'utf8'))
    .split(/\r?\n/)
    .filter((line) => line !== '' && !line.startsWith('#version'))
  const config = (await readIfThere(folder, 'tokenizer_config.json')) as TokenizerConfig | undefined
  const added = Object.entries(config?.added_tokens_decoder ?? {})
  return {
    version: '1.0',
    added_tokens: added.map(([id, token]) => ({ id: Number(id), single_word: false, ...token })),
    normalizer: { type: 'NFC' },
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'Split', pattern: { Regex: PATTERN }, behavior: 'Isolated', invert: false },
        { type: 'ByteLevel', add_prefix_space: false, trim_offsets: false, use_regex: false },
      ],
    },
    post_processor: null,
    decoder: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: false, use_regex: false },
    model: { type: 'BPE', vocab, merges, unk_token: null, ignore_merges: false, byte_fallback: false },
  }
}

function findMarkers(tokenizer: BytePairTokenizer, known: Partial<MarkerTokens>): MarkerTokens {
  const id = (token: string, fallback: number | undefined) => {
    const found = tokenizer.token_to_id(token) ?? fallback
    if (found !== undefined) return found
    throw new AlignError('MODEL_INVALID', `Expected ${token} among the tokens, the tokeniser lacks it`)
  }
  return {
    audioStart: id('<|audio_start|>', known.audioStart),
    audio: id('<|audio_pad|>', known.audio),
    audioEnd: id('<|audio_end|>', known.audioEnd),
    timestamp: id('<timestamp>', known.timestamp),
  }
}
