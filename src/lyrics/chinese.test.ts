import { describe, expect, test } from 'vitest'
import { cantonese, mandarin } from './chinese.ts'

const read = (text: string) => mandarin(text).join(' ')

describe('words of worship songs', () => {
  test.each([
    ['祢', 'ni'],
    ['袮', 'ni'],
    ['祂', 'ta'],
    ['妳', 'ni'],
    ['牠', 'ta'],
    ['阿們', 'a men'],
    ['阿门', 'a men'],
    ['哈利路亞', 'ha li lu ya'],
    ['哈利路亚', 'ha li lu ya'],
    ['耶和華', 'ye he hua'],
    ['以馬內利', 'yi ma nei li'],
    ['彌賽亞', 'mi sai ya'],
    ['和散那', 'he san na'],
    ['耶路撒冷', 'ye lu sa leng'],
    ['伯利恆', 'bo li heng'],
    ['以色列', 'yi se lie'],
    ['錫安', 'xi an'],
    ['約旦河', 'yue dan he'],
    ['拿撒勒', 'na sa le'],
    ['各各他', 'ge ge ta'],
    ['髑髏地', 'du lou di'],
    ['橄欖山', 'gan lan shan'],
    ['阿爸父', 'a ba fu'],
    ['撒但', 'sa dan'],
    ['讚美', 'zan mei'],
    ['敬拜', 'jing bai'],
    ['寶座', 'bao zuo'],
    ['羔羊', 'gao yang'],
    ['寶血', 'bao xue'],
    ['聖靈', 'sheng ling'],
    ['十字架', 'shi zi jia'],
    ['救贖', 'jiu shu'],
    ['恩典', 'en dian'],
    ['榮耀', 'rong yao'],
    ['降臨', 'jiang lin'],
    ['降服', 'xiang fu'],
    ['降伏', 'xiang fu'],
    ['投降', 'tou xiang'],
    ['朝見', 'chao jian'],
    ['重擔', 'zhong dan'],
    ['重担', 'zhong dan'],
    ['重生', 'chong sheng'],
    ['重新得力', 'chong xin de li'],
    ['歸還', 'gui huan'],
    ['長闊高深', 'chang kuo gao shen'],
    ['冠冕', 'guan mian'],
    ['稱頌', 'cheng song'],
    ['應許', 'ying xu'],
    ['磐石', 'pan shi'],
    ['禱告', 'dao gao'],
    ['行在水面', 'xing zai shui mian'],
  ])('%s is read %s', (text, pinyin) => {
    expect(read(text)).toBe(pinyin)
  })
})

describe('characters with several readings take the one of their word', () => {
  test.each([
    ['還要', 'hai yao'],
    ['還有', 'hai you'],
    ['音樂', 'yin yue'],
    ['快樂', 'kuai le'],
    ['成長', 'cheng zhang'],
    ['長大', 'zhang da'],
    ['永長久', 'yong chang jiu'],
    ['銀行', 'yin hang'],
    ['為了', 'wei le'],
    ['相信', 'xiang xin'],
    ['得勝', 'de sheng'],
    ['看著', 'kan zhe'],
    ['跟着', 'gen zhe'],
    ['執著', 'zhi zhuo'],
    ['覺得', 'jue de'],
    ['睡覺', 'shui jiao'],
    ['教會', 'jiao hui'],
    ['乾坤', 'qian kun'],
    ['乾渴', 'gan ke'],
    ['目的', 'mu di'],
    ['我的主', 'wo de zhu'],
    ['曾經', 'ceng jing'],
    ['差遣', 'chai qian'],
    ['寶藏', 'bao zang'],
    ['隱藏', 'yin cang'],
    ['彈琴', 'tan qin'],
    ['種子', 'zhong zi'],
    ['調和', 'tiao he'],
    ['便宜', 'pian yi'],
    ['我來了', 'wo lai le'],
    ['與主同行', 'yu zhu tong xing'],
    ['重獲新生', 'chong huo xin sheng'],
    ['我得著能力', 'wo de zhao neng li'],
    ['求主差我', 'qiu zhu chai wo'],
    ['還我救恩之樂', 'huan wo jiu en zhi le'],
    ['全都歸於祢', 'quan dou gui yu ni'],
    ['使我得自由', 'shi wo de zi you'],
  ])('%s is read %s', (text, pinyin) => {
    expect(read(text)).toBe(pinyin)
  })
})

test('ü is v', () => {
  expect(mandarin('女綠旅')).toEqual(['nv', 'lv', 'lv'])
})

test('々 repeats the character before it', () => {
  expect(mandarin('天々')).toEqual(['tian', 'tian'])
})

test('every character gets a place, also those beyond the basic plane and those no dictionary knows', () => {
  expect(mandarin('𠮷野家')).toHaveLength(3)
  expect(mandarin('\u{2ebe0}我')).toHaveLength(2)
  expect(cantonese('𠮷野家')).toHaveLength(3)
})

test('Cantonese is read as Jyutping without tones', () => {
  expect(cantonese('我哋敬拜耶和華').join(' ')).toBe('ngo dei ging baai je wo waa')
})
