import { Converter } from 'opencc-js/t2cn'
import { customPinyin, pinyin } from 'pinyin-pro'
import { getJyutpingList } from 'to-jyutping'

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

customPinyin({
  降服: 'xiáng fú',
  降服于: 'xiáng fú yú',
  得着: 'dé zháo',
  得不着: 'dé bù zháo',
  找着: 'zhǎo zháo',
  寻着: 'xún zháo',
  寻得着: 'xún dé zháo',
  哈利路亚: 'hā lì lù yà',
  哈雷路亚: 'hā léi lù yà',
  和撒那: 'hé sā nà',
  和散那: 'hé sàn nà',
  归还: 'guī huán',
  偿还: 'cháng huán',
  得人: 'dé rén',
  全都: 'quán dōu',
  为着: 'wèi zhe',
  剥夺: 'bō duó',
  我得: 'wǒ dé',
  使我得: 'shǐ wǒ dé',
  让我得: 'ràng wǒ dé',
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
  return getJyutpingList(spellRepeats([...run]).join('')).map(([, syllable]) => lettersOnly(syllable ?? ''))
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
