import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseLyrics } from './parse.ts'

/** Verses, and the ways in which credits are written where they are sung. */
const SONGS = {
  'zh-Hans': {
    verse: [
      '奇异恩典何等甘甜',
      '我罪已得赦免',
      '前我失丧今被寻回',
      '瞎眼今得看见',
      '我说：你好',
      '你说：再见',
    ],
    labels: [
      '词',
      '曲',
      '作词',
      '编曲',
      '吉他',
      '贝斯',
      '鼓',
      '混音/母带',
      '录音师',
      '出品人',
      'OP/SP',
      '制作人',
      '和声编写',
      '录音室',
      '混音工程师',
      '音乐总监',
      '统筹',
      '营销推广',
      '弦乐监制',
      '封面设计',
      '架子鼓',
      '词/Lyricist',
      '吉他 Guitar',
    ],
    names: ['周杰伦', '方文山/林迈可', '杨大纬@杨大纬录音工作室', 'Universal Music', '李 雷、韩梅梅'],
  },
  'zh-Hant': {
    verse: [
      '奇異恩典何等甘甜',
      '我罪已得赦免',
      '前我失喪今被尋回',
      '瞎眼今得看見',
      '我說：你好',
      '愛：是恆久忍耐',
    ],
    labels: [
      '詞',
      '曲',
      '作詞',
      '編曲',
      '吉他',
      '貝斯',
      '鼓',
      '混音／母帶',
      '錄音師',
      '出品人',
      '監製',
      '製作人',
      '和聲',
      '錄音室',
      '專輯',
      '弦樂編寫',
      '版權所有',
      '合成器',
    ],
    names: ['盛曉玫', '鄭懋柔 / 游智婷', '強力錄音室', 'Stream of Praise'],
  },
  ja: {
    verse: ['君を愛してる', '永遠に忘れない', '空を見上げて', '風が吹いている', '「さよなら：またね」'],
    labels: [
      '作詞',
      '作曲',
      '編曲',
      '歌',
      '唄',
      'ギター',
      'ベース',
      'ドラム',
      'ミックス',
      'マスタリング',
      'プロデューサー',
      'レコーディングエンジニア',
      '訳詞',
      '原曲',
    ],
    names: ['松本隆', '阿久悠・都倉俊一', 'ハチ', 'Studio Greenbird'],
  },
  ko: {
    verse: [
      '나 같은 죄인 살리신',
      '주 은혜 놀라워',
      '잃었던 생명 찾았고',
      '광명을 얻었네',
      '너는 말해: 안녕',
    ],
    labels: [
      '작사',
      '작곡',
      '편곡',
      '노래',
      '가수',
      '앨범',
      '기타',
      '베이스',
      '드럼',
      '피아노',
      '믹싱 엔지니어',
      '마스터링',
      '프로듀서',
      '보컬 녹음',
    ],
    names: ['김도현', '방시혁, 피독', '서울스튜디오', 'Big Hit Music'],
  },
  en: {
    verse: [
      'Amazing grace how sweet the sound',
      'that saved a wretch like me',
      'I once was lost',
      'She said: come home',
      'Love: the greatest thing',
      'A: is for apple',
    ],
    labels: [
      'Lyricist',
      'Composer',
      'Writer(s)',
      'Producer',
      'Executive Producer',
      'Mixing Engineer',
      'Mastering Engineer',
      'Recording Studio',
      'Bass',
      'Drums',
      'Acoustic Guitar',
      'Background Vocals',
      'Strings',
      'Album',
      'Artist',
      'Title',
      'A&R',
      'Publisher',
      'Vocals Recorded by',
      'Additional Production by',
    ],
    names: [
      'John Newton',
      'Bob Clearmountain / Anna van der Berg',
      'Abbey Road Studios',
      'Universal Music Publishing',
      'J. Newton',
    ],
  },
  es: {
    verse: [
      'Sublime gracia del Señor',
      'que a un infeliz salvó',
      'yo ciego fui mas veo ya',
      'Ella dijo: ven a mí',
      'Amor: lo más grande',
    ],
    labels: [
      'Letra',
      'Música',
      'Compositores',
      'Productor',
      'Arreglos',
      'Guitarra',
      'Bajo',
      'Batería',
      'Teclados',
      'Voz',
      'Mezcla',
      'Masterización',
      'Ingeniero de grabación',
      'Álbum',
    ],
    names: ['Juan Pérez', 'María de la Cruz y José Luis', 'Estudio Norte', 'Sony Music'],
  },
  de: {
    verse: [
      'O Gnade Gottes wunderbar',
      'hast du errettet mich',
      'ich war verloren ganz und gar',
      'Er sagt: komm heim',
      'Liebe: das Größte auf der Welt',
    ],
    labels: [
      'Text',
      'Musik',
      'Worte',
      'Komponist',
      'Texter',
      'Produzent',
      'Gitarre',
      'Schlagzeug',
      'Klavier',
      'Gesang',
      'Verlag',
      'Aufnahme',
      'Titel',
      'Interpret',
    ],
    names: ['Paul Gerhardt', 'Anna von Berg und Max Müller', 'Hansa Tonstudio', 'Gerth Medien'],
  },
  fr: {
    verse: [
      'Grâce infinie de notre Dieu',
      'qui un jour m’a sauvé',
      'j’étais perdu errant',
      'Il dit : viens à moi',
      'Amour : la plus grande chose',
    ],
    labels: [
      'Paroles',
      'Musique',
      'Auteur',
      'Compositeur',
      'Interprète',
      'Réalisation',
      'Mixage',
      'Guitare',
      'Basse',
      'Batterie',
      'Claviers',
      'Chœurs',
      'Éditeur',
      'Titre',
    ],
    names: ['Jean Dupont', 'Marie de la Tour et Luc Besson', 'Studio Davout', 'Warner Chappell'],
  },
} as const

const kinds = (text: string) =>
  parseLyrics(text).map(({ kind, marker }) => (kind === 'sung' ? 'sung' : (marker?.kind ?? kind)))

describe.each(Object.entries(SONGS))('%s', (_, { verse, labels, names }) => {
  const credit = fc
    .tuple(fc.constantFrom(...labels), fc.constantFrom(':', '：', ' : ', ': '), fc.constantFrom(...names))
    .map((parts) => parts.join(''))
  const credits = fc.array(credit, { minLength: 1, maxLength: 44 })
  const stamped = (lines: readonly string[]) =>
    lines.map((line, at) => `[00:${String(at % 60).padStart(2, '0')}.00]${line}`)

  test('credits before and behind the song are no part of it, and all of the song is sung', () => {
    fc.assert(
      fc.property(credits, credits, fc.boolean(), fc.boolean(), (before, behind, gap, times) => {
        const blank = gap ? [''] : []
        const lines = [...before, ...blank, ...verse, ...blank, ...behind]
        const expected = [
          ...before.map(() => 'credit'),
          ...blank.map(() => 'blank'),
          ...verse.map(() => 'sung'),
          ...blank.map(() => 'blank'),
          ...behind.map(() => 'credit'),
        ]
        expect(kinds((times ? stamped(lines) : lines).join('\n'))).toEqual(expected)
      }),
      { numRuns: 60, seed: 15 },
    )
  })

  test('a song without credits is sung as it is', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([...verse], { minLength: 1 }), (lines) => {
        expect(kinds(lines.join('\n'))).toEqual(lines.map(() => 'sung'))
      }),
    )
  })
})

test.each([
  'You might also like',
  'Get tickets as low as $49',
  'See Anna LiveGet tickets as low as $106You might also like',
  '27 ContributorsAmazing Grace Lyrics',
  'https://example.com/lyrics',
  '[ti:Amazing Grace [Live]]',
  `[language:${'eyJjb250ZW50Ijpb'.repeat(200)}]`,
  '[total: 212000]',
])('%s is told to be no lyric, wherever it stands', (line) => {
  expect(kinds(`One line\n${line}\nAnother line`)).toEqual(['sung', 'credit', 'sung'])
})

test('what a site glues to a line is taken off it', () => {
  const [first, second, last] = parseLyrics(
    'I once was lost\nYou might also likeBut now am found\nWas blind, but now I see12Embed',
  )
  expect([first, second, last].map((line) => line?.sung)).toEqual([
    'I once was lost',
    'But now am found',
    'Was blind, but now I see',
  ])
  expect(kinds('Was blind\nbut now I see\n12Embed')).toEqual(['sung', 'sung', 'credit'])
})

test('title and artist before credits, names in lines of their own, and unknown trades between credits', () => {
  const head = [
    '晴天 - 周杰伦 (Jay Chou)',
    '词：周杰伦',
    'OP：Universal Music',
    'Publishing Taiwan',
    '小红花：某某',
    'SP：某某公司',
  ]
  const song = ['故事的小黄花', '从出生那年就飘着', '童年的荡秋千', '随记忆一直晃到现在']
  expect(kinds([...head, ...song].join('\n'))).toEqual([
    ...head.map(() => 'credit'),
    ...song.map(() => 'sung'),
  ])
  expect(kinds('Amazing Grace\nWords: John Newton\n\nOne\nTwo\nThree\nFour')).toEqual([
    ...['credit', 'credit', 'blank', 'sung', 'sung', 'sung', 'sung'],
  ])
})

test.each([
  // dialogue right behind the credits
  ['词：某某\n曲：某某\n我说：你好\n你说：再见\n一二三四\n五六七八', 2],
  ['Words: John Newton\nLove: Patience\nOne line\nTwo lines\nThree lines', 1],
  // nothing that is surely a credit
  ['Love: Patience\nJoy: Kindness\nPeace: Goodness\n\nOne line\nTwo lines', 0],
  // a short song between two credits
  ['Words: John Newton\nAmazing Grace\nHow Sweet The Sound\nMusic: Traditional', 2],
  // a role in the middle of a song
  ['One line\nTwo lines\nThree lines\nDrums: Beating In The Night\nFour lines\nFive lines\nSix lines', 0],
])('of %j as many lines are credits: %i', (text, count) => {
  expect(kinds(text).filter((kind) => kind === 'credit')).toHaveLength(count)
})
