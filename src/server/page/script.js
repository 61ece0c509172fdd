// The page of the service: sends a recording with its lyrics, and plays the answer along with the recording.

const element = (id) => document.getElementById(id)
const form = element('form')
const player = element('player')

const SAID = {
  sure: 'The times can be used as they are.',
  good: 'The times can be used, but for the marked lines: look at those before.',
  mixed: 'Most of it fits; look at the marked lines before you use them.',
  unreliable: 'Do not trust these times: text and recording hardly fit together.',
}

const STATES = {
  aligned: '✓',
  suspect: '? doubtful',
  interpolated: '≈ estimated',
  marker: '',
  blank: '',
}

const FILES = [
  ['LRC', 'lrc'],
  ['LRC with words', 'enhanced.lrc'],
  ['JSON', 'json'],
  ['SRT', 'srt'],
  ['WebVTT', 'vtt'],
]

let running
let shown = []
let objectUrls = []

form.addEventListener('submit', async (event) => {
  event.preventDefault()
  running = new AbortController()
  const stopClock = startClock()
  busy(true)
  say('')
  try {
    const file = element('audio').files[0]
    show(await align(file, running.signal), file)
  } catch (error) {
    if (!running.signal.aborted) say(error.message)
  } finally {
    stopClock()
    busy(false)
  }
})

element('cancel').addEventListener('click', () => running?.abort())
element('show-key').addEventListener('click', showKey)

/** Asks the service; throws with words for people. */
async function align(file, signal) {
  const body = new FormData()
  body.set('audio', file)
  body.set('lyrics_text', element('lyrics').value)
  body.set('language', element('language').value)
  body.set('format', 'all')
  const key = element('key').value.trim()
  const headers = key ? { 'x-api-key': key } : {}
  const response = await fetch('api/v1/align', { method: 'POST', body, headers, signal }).catch((cause) => {
    throw new Error('The service does not answer. Is it running?', { cause })
  })
  const answer = await response.json().catch((cause) => {
    throw new Error(`The service answered with something unreadable (status ${response.status}).`, { cause })
  })
  if (response.ok) return answer
  if (response.status === 401) showKey()
  throw new Error(complaint(answer))
}

function complaint({ detail, reason, retryable, request_id }) {
  const why = reason ? `: ${reason}` : ''
  const advice = retryable ? ' It is worth trying again in a moment.' : ''
  return `${detail}${why}.${advice} (request ${request_id})`.replace('..', '.')
}

function show(answer, file) {
  for (const url of objectUrls) URL.revokeObjectURL(url)
  objectUrls = []
  player.src = objectUrl(file)
  showVerdict(answer)
  showLines(answer.json_data)
  showDownloads(answer, file.name.replace(/\.[^.]*$/, ''))
  const { name, version } = answer.model
  const language = answer.language ? `, language ${answer.language}` : ''
  element('model').textContent = `${clock(answer.duration_seconds)} long${language}, by ${name} ${version}`
  element('result').hidden = false
  element('verdict').focus()
}

function showVerdict({ verdict }) {
  const box = element('verdict')
  box.className = verdict.level
  const sure = verdict.level === 'good' && verdict.aligned_lines === verdict.sung_lines
  const count = `${verdict.aligned_lines} of ${verdict.sung_lines} sung lines are sure.`
  box.querySelector('.headline').textContent = `${SAID[sure ? 'sure' : verdict.level]} ${count}`
  box.querySelector('.reasons').replaceChildren(...verdict.reasons.map((reason) => create('li', '', reason)))
}

function showLines(lines) {
  shown = lines.map((line) => {
    const text = create('span', 'text')
    const words = wordsOf(line)
    text.append(...words.pieces)
    const button = create('button')
    button.type = 'button'
    button.append(create('time', '', clock(line.start_time)), text, stateOf(line))
    button.addEventListener('click', () => {
      player.currentTime = line.start_time
      player.play()
    })
    const item = create('li', line.status)
    item.append(button)
    return { line, item, button, words: words.spans }
  })
  element('lines').replaceChildren(...shown.map(({ item }) => item))
}

/** The text of a line, with a span around every timed word. */
function wordsOf({ text, words }) {
  const pieces = []
  const spans = []
  let from = 0
  for (const word of words) {
    const at = text.indexOf(word.text, from)
    if (at < 0) continue
    const span = create('span', 'word', word.text)
    pieces.push(text.slice(from, at), span)
    spans.push({ span, start: word.start_time })
    from = at + word.text.length
  }
  pieces.push(text.slice(from) || (text === '' ? '\u00a0' : ''))
  return { pieces, spans }
}

function stateOf({ status, confidence }) {
  const percent = confidence === null ? '' : ` ${Math.round(confidence * 100)} %`
  const state = create('span', 'state', `${STATES[status]}${percent}`)
  if (confidence !== null) state.title = `${status}, confidence${percent}`
  return state
}

function showDownloads(answer, name) {
  const contents = {
    lrc: `${answer.lrc_content}\n`,
    'enhanced.lrc': answer.files['enhanced-lrc'],
    json: JSON.stringify(answer.json_data, null, 2),
    srt: answer.files.srt,
    vtt: answer.files.vtt,
  }
  const links = FILES.map(([label, extension]) => {
    const link = create('a', '', `Download ${label}`)
    link.href = objectUrl(new Blob([contents[extension]], { type: 'text/plain;charset=utf-8' }))
    link.download = `${name}.${extension}`
    return link
  })
  element('downloads').replaceChildren(...links)
}

/** Marks the line and the words that are being sung, as long as the recording plays. */
function follow() {
  const time = player.currentTime
  const now = shown.findLast(({ line }) => line.start_time <= time && line.status !== 'blank')
  for (const each of shown) {
    const isNow = each === now
    if (isNow && !each.item.classList.contains('now')) each.item.scrollIntoView({ block: 'nearest' })
    each.item.classList.toggle('now', isNow)
    if (isNow) each.button.setAttribute('aria-current', 'true')
    else each.button.removeAttribute('aria-current')
    for (const { span, start } of each.words) span.classList.toggle('past', isNow && start <= time)
  }
  if (!player.paused) requestAnimationFrame(follow)
}
player.addEventListener('play', follow)
player.addEventListener('seeked', follow)

element('lines').addEventListener('keydown', (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
  const at = shown.findIndex(({ button }) => button === document.activeElement)
  if (!step || at < 0) return
  event.preventDefault()
  shown[at + step]?.button.focus()
})

for (const name of ['dragover', 'drop', 'dragleave']) {
  document.addEventListener(name, (event) => {
    event.preventDefault()
    document.body.classList.toggle('dragging', name === 'dragover')
  })
}
document.addEventListener('drop', (event) => {
  if (event.dataTransfer.files.length > 0) element('audio').files = event.dataTransfer.files
})

function showKey() {
  element('key-field').hidden = false
  element('show-key').hidden = true
  element('key').focus()
}

function say(message) {
  element('error').textContent = message
  element('error').hidden = message === ''
}

function busy(is) {
  element('submit').disabled = is
  element('cancel').hidden = !is
}

/** Says how long it has taken, every second; the function returned ends that. */
function startClock() {
  const started = Date.now()
  const tick = () => {
    element('progress').textContent = `Listening… ${Math.round((Date.now() - started) / 1000)} s`
  }
  tick()
  const timer = setInterval(tick, 1000)
  return () => {
    clearInterval(timer)
    element('progress').textContent = ''
  }
}

function objectUrl(blob) {
  const url = URL.createObjectURL(blob)
  objectUrls.push(url)
  return url
}

function create(tag, className = '', text = '') {
  const made = document.createElement(tag)
  if (className) made.className = className
  if (text) made.textContent = text
  return made
}

function clock(seconds) {
  const tenths = Math.round(seconds * 10)
  const rest = ((tenths % 600) / 10).toFixed(1).padStart(4, '0')
  return `${Math.floor(tenths / 600)}:${rest}`
}
