import { createRequire } from 'node:module'
import { Converter } from 'opencc-js/t2cn'
import { customPinyin, pinyin } from 'pinyin-pro'

// pinyin-pro knows words in simplified characters only: 音樂 alone would be read yin le.
const toSimplified = Converter({ from: 'tw', to: 'cn' })

/** Characters of worship songs that dictionaries lack or read otherwise, and an everyday one that sounds the same. */
const SAME_SOUND: Readonly<Record<string, string>> = {
  祢: '你',
  袮: '你',
  禰: '你',
  妳: '你',
  祂: '他',
  牠: '他',
}

/** Words of songs that the dictionary lacks, or reads as in another trade (降服 to subdue, 行道 an avenue). */
customPinyin({
  降服: 'xiáng fú',
  得着: 'dé zháo',
  得不着: 'dé bù zháo',
  寻着: 'xún zháo',
  找着: 'zhǎo zháo',
  和撒那: 'hé sā nà',
  为着: 'wèi zhe',
  还给: 'huán gěi',
  还我救恩: 'huán wǒ jiù ēn',
  差我: 'chāi wǒ',
  差派: 'chāi pài',
  行道: 'xíng dào',
  同行: 'tóng xíng',
  重拾: 'chóng shí',
  重燃: 'chóng rán',
  重获: 'chóng huò',
  重回: 'chóng huí',
  重归: 'chóng guī',
  重振: 'chóng zhèn',
  重塑: 'chóng sù',
  重聚: 'chóng jù',
  重遇: 'chóng yù',
})

/**
 * Reads a run of Han characters as Mandarin, by words: one syllable per character, without tones, ü as v (nv, lv).
 * A character that no dictionary knows gives ''.
 */
export function mandarin(run: string): string[] {
  const characters = spellRepeats([...run])
  const familiar = characters.map((character) => SAME_SOUND[character] ?? character).join('')
  const simplified = toSimplified(familiar)
  // one syllable per character is the contract: a conversion that changed the count would shift every reading
  const text = [...simplified].length === characters.length ? simplified : familiar
  return pinyin(text, { toneType: 'none', type: 'array', v: true }).map(lettersOnly)
}

/** Reads a run of Han characters as Cantonese (Jyutping without tones), one syllable per character. */
export function cantonese(run: string): string[] {
  const { getJyutpingList } = cantoneseDictionary()
  return getJyutpingList(spellRepeats([...run]).join('')).map(([, syllable]) => lettersOnly(syllable ?? ''))
}

/** Loaded on first use: it takes 0.1 s, and few songs are Cantonese. */
function cantoneseDictionary(): typeof import('to-jyutping') {
  return createRequire(import.meta.url)('to-jyutping')
}

/** 々 stands for the character before it. */
function spellRepeats(characters: string[]): string[] {
  return characters.map((character, at) => (character === '々' && at > 0 ? characters[at - 1]! : character))
}

function lettersOnly(syllable: string): string {
  return syllable
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z]/g, '')
}
