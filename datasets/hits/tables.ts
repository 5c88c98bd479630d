// One wide table of web page hits in the shape of ClickBench's (105 columns; github.com/ClickHouse/ClickBench
// describes the schema and the queries, the original rows are those of a real site). The rows here are made: sizes
// of sites, users, regions and pages follow Zipf's law, most columns are zero or empty most of the time, searches
// and advertisements are rare, so that every one of the 43 queries selects something. URLs, titles and phrases
// are Cyrillic and Latin. The columns that no query reads are filled like their kin.
import { daysFromCivil } from '../../src/base/datetime.ts'
import { Random } from '../../src/base/random.ts'
import type { ColumnSchema, Scalar } from '../../src/base/types.ts'
import { columnsOf, piecesOf } from '../generated.ts'
import type { GeneratedTable, PieceColumn } from '../generated.ts'

const COLUMNS = columnsOf(`WatchID bigint, JavaEnable smallint, Title text, GoodEvent smallint, EventTime timestamp,
  EventDate date, CounterID integer, ClientIP integer, RegionID integer, UserID bigint, CounterClass smallint,
  OS smallint, UserAgent smallint, URL text, Referer text, IsRefresh smallint, RefererCategoryID smallint,
  RefererRegionID integer, URLCategoryID smallint, URLRegionID integer, ResolutionWidth smallint,
  ResolutionHeight smallint, ResolutionDepth smallint, FlashMajor smallint, FlashMinor smallint, FlashMinor2 text,
  NetMajor smallint, NetMinor smallint, UserAgentMajor smallint, UserAgentMinor text, CookieEnable smallint,
  JavascriptEnable smallint, IsMobile smallint, MobilePhone smallint, MobilePhoneModel text, Params text,
  IPNetworkID integer, TraficSourceID smallint, SearchEngineID smallint, SearchPhrase text, AdvEngineID smallint,
  IsArtifical smallint, WindowClientWidth smallint, WindowClientHeight smallint, ClientTimeZone smallint,
  ClientEventTime timestamp, SilverlightVersion1 smallint, SilverlightVersion2 smallint, SilverlightVersion3 integer,
  SilverlightVersion4 smallint, PageCharset text, CodeVersion integer, IsLink smallint, IsDownload smallint,
  IsNotBounce smallint, FUniqID bigint, OriginalURL text, HID integer, IsOldCounter smallint, IsEvent smallint,
  IsParameter smallint, DontCountHits smallint, WithHash smallint, HitColor text, LocalEventTime timestamp,
  Age smallint, Sex smallint, Income smallint, Interests smallint, Robotness smallint, RemoteIP integer,
  WindowName integer, OpenerName integer, HistoryLength smallint, BrowserLanguage text, BrowserCountry text,
  SocialNetwork text, SocialAction text, HTTPError smallint, SendTiming integer, DNSTiming integer,
  ConnectTiming integer, ResponseStartTiming integer, ResponseEndTiming integer, FetchTiming integer,
  SocialSourceNetworkID smallint, SocialSourcePage text, ParamPrice bigint, ParamOrderID text, ParamCurrency text,
  ParamCurrencyID smallint, OpenstatServiceName text, OpenstatCampaignID text, OpenstatAdID text,
  OpenstatSourceID text, UTMSource text, UTMMedium text, UTMCampaign text, UTMContent text, UTMTerm text,
  FromTag text, HasGCLID smallint, RefererHash bigint, URLHash bigint, CLID integer`)
  .map((column): ColumnSchema => ({ ...column, name: column.name.toLowerCase() }))

const FIRST_DAY = daysFromCivil(2013, 7, 1)
const DAYS = 31
const DAY_US = 86_400_000_000
const WIDTHS = [0, 1024, 1087, 1152, 1280, 1366, 1368, 1440, 1600, 1638, 1680, 1920, 2560]
const MODELS = ['iPad', 'iPhone', 'A500', 'N8-00', 'GT-I9500', 'LG Optimus', 'Lumia 920', '3110 classic', 'u20i']
const WORDS = ['карелки', 'смотреть', 'онлайн', 'погода', 'купить', 'авто', 'бесплатно', 'мангут', 'москва', 'google',
  'игры', 'фильм', 'форум', 'сезон', 'скачать', 'работа', 'albatros', 'туалет', 'любовь', 'hotel', 'ведомость']
const DOMAINS = ['google.ru', 'auto.ru', 'yandex.ru', 'example.com', 'irr.ru', 'smeshariki.ru', 'video.yandex.ru',
  'www.google.com', 'kinopoisk.ru', 'm.avito.ru', 'blog.example.org', 'ssl.hurra.com']
/** The site and the two pages that queries 37 to 43 ask for. */
const SITE = 62
const PAGE_HASH = 2_868_770_270_353_813
const REFERER_HASH = 3_594_120_000_172_545

/** Zipf-like whole number below `count`: small ones are frequent. */
function skewed(random: Random, count: number): number {
  return Math.floor(count ** random.next()) - 1
}

function phrase(random: Random): string {
  return Array.from({ length: random.between(1, 4) }, () => random.pick(WORDS)).join(' ')
}

/** The table of `rows` hits. */
export function hitsTable(rows: number, seed = 2013): GeneratedTable {
  return { name: 'hits', key: [], rows, columns: COLUMNS, pieces: () => pieces(rows, seed) }
}

function pieces(rows: number, seed: number): ReturnType<GeneratedTable['pieces']> {
  const random = new Random(seed)
  const users = Math.max(10, Math.round(rows / 6))
  const pages = Math.max(10, Math.round(rows / 8))
  return piecesOf(rows, (begin, end) => {
    const count = end - begin
    const columns = COLUMNS.map(({ type }): PieceColumn => type.kind === 'text' ? new Array<Scalar>(count).fill('')
      : type.kind === 'smallint' ? new Int16Array(count) : type.kind === 'integer' || type.kind === 'date'
        ? new Int32Array(count) : new Float64Array(count))
    const at = new Map(COLUMNS.map((column, c) => [column.name, columns[c]!]))
    for (let i = 0; i < count; i++) {
      const row = hitRow(random, users, pages)
      for (const name in row) at.get(name)![i] = row[name]!
    }
    return columns
  })
}

/** The columns of one hit that are not zero or empty. */
function hitRow(random: Random, users: number, pages: number): Record<string, number | string> {
  const day = FIRST_DAY + random.below(DAYS)
  const time = day * DAY_US + random.below(86_400) * 1_000_000
  const user = skewed(random, users)
  const page = skewed(random, pages)
  const from = skewed(random, pages)
  const site = random.chance(0.1) ? SITE : 1 + skewed(random, 6000)
  const isSearch = random.chance(0.13)
  const isMobile = user % 11 === 0
  return {
    watchid: random.nextU32() * 2 ** 20 + random.below(2 ** 20), javaenable: random.chance(0.8) ? 1 : 0,
    title: title(page), goodevent: 1, eventtime: time, eventdate: day, counterid: site,
    clientip: (Math.imul(user, 0x9e37_79b1) ^ (random.chance(0.9) ? 0 : random.nextU32())) | 0,
    regionid: [229, 2, 208, 1, 34, 47, 158, 7, 42, 184][user % 10]! + (user % 3 === 0 ? user % 9000 : 0),
    userid: (Math.imul(user + 1, 0x85eb_ca77) >>> 0) * 2 ** 19 + user, counterclass: random.below(3), os: user % 90,
    useragent: user % 80, url: url(page), referer: random.chance(0.3) ? '' : url(from),
    isrefresh: random.chance(0.1) ? 1 : 0, referercategoryid: from % 20 === 0 ? 9000 : 0,
    refererregionid: from % 300, urlcategoryid: page % 20 === 0 ? 9001 : 0, urlregionid: page % 300,
    resolutionwidth: WIDTHS[user % WIDTHS.length]!, resolutionheight: 600 + (user % 5) * 120, resolutiondepth: 32,
    flashmajor: user % 12, flashminor: user % 8, netmajor: user % 4, netminor: user % 3, useragentmajor: user % 30,
    useragentminor: `${user % 7}.${user % 3}`, cookieenable: 1, javascriptenable: 1, ismobile: isMobile ? 1 : 0,
    mobilephone: isMobile ? 1 + (user % 70) : 0, mobilephonemodel: isMobile ? MODELS[user % MODELS.length]! : '',
    ipnetworkid: (user * 7919) % 4_000_000, traficsourceid: isSearch ? 2 : random.pick([-1, 0, 0, 1, 3, 6]),
    searchengineid: isSearch ? 1 + skewed(random, 60) : 0, searchphrase: isSearch ? phrase(random) : '',
    advengineid: random.chance(0.01) ? random.pick([2, 2, 2, 27, 13, 45, 44, 3]) : 0,
    windowclientwidth: WIDTHS[user % WIDTHS.length]!, windowclientheight: 400 + (user % 9) * 60,
    clienttimezone: [240, 180, 120, 300, -1][user % 5]!, clienteventtime: time + random.below(100) * 1_000_000,
    pagecharset: 'utf-8', codeversion: 1600 + (page % 90), islink: random.chance(0.02) ? 1 : 0,
    isdownload: random.chance(0.01) ? 1 : 0, isnotbounce: random.chance(0.3) ? 1 : 0, funiqid: user * 4_099 + 17,
    originalurl: random.chance(0.2) ? url(page) : '', hid: random.nextU32() | 0,
    dontcounthits: random.chance(0.1) ? 1 : 0, hitcolor: random.pick(['5', 'E', 'D']), localeventtime: time,
    age: user % 60, sex: user % 3, income: user % 4, interests: user % 10_000, robotness: random.chance(0.02) ? 1 : 0,
    remoteip: Math.imul(user, 0x9e37_79b1) | 0, windowname: random.nextU32() | 0, historylength: random.below(50),
    browserlanguage: 'S\u00cd', browsercountry: 'nA', sendtiming: random.below(300), dnstiming: random.below(100),
    connecttiming: random.below(100), responsestarttiming: random.below(900), responseendtiming: random.below(1500),
    fetchtiming: random.below(800), refererhash: from < 3 ? REFERER_HASH : from * 1_000_003 + 11,
    urlhash: page < 3 ? PAGE_HASH : page * 1_000_033 + 7,
  }
}

function url(page: number): string {
  const domain = DOMAINS[page % DOMAINS.length]!
  const scheme = page % 13 === 0 ? 'https' : 'http'
  return `${scheme}://${domain}/${WORDS[page % WORDS.length]!}/${page}/?page=${page % 97}&id=${page * 31}`
}

function title(page: number): string {
  if (page % 31 === 0) return ''
  const site = page % 41 === 0 ? ' - Google поиск' : page % 5 === 0 ? ' - Яндекс.Видео' : ''
  return `${WORDS[page % WORDS.length]!} ${WORDS[(page * 7) % WORDS.length]!} ${page}${site}`
}
