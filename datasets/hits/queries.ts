// The 43 queries over the table of hits, in the shape of ClickBench's (github.com/ClickHouse/ClickBench). Sorts
// that do not order their rows wholly have further keys behind them where a LIMIT cuts, so that answers are the
// same everywhere; a LIMIT without a sort has one. The days and the page asked for are those of the generator.
import type { NamedQuery } from '../tpch/queries.ts'

/** Conditions of the queries about one site in July 2013. */
const SITE = "counterid = 62 and eventdate >= date '2013-07-01' and eventdate <= date '2013-07-31'"
const NINETY = Array.from({ length: 90 }, (_, i) => `sum(resolutionwidth + ${i})`).join(', ').replace(' + 0', '')

const QUERIES: readonly string[] = [
  'select count(*) from hits',
  'select count(*) from hits where advengineid <> 0',
  'select sum(advengineid), count(*), avg(resolutionwidth) from hits',
  'select avg(userid) from hits',
  'select count(distinct userid) from hits',
  'select count(distinct searchphrase) from hits',
  'select min(eventdate), max(eventdate) from hits',
  'select advengineid, count(*) from hits where advengineid <> 0 group by advengineid order by count(*) desc, 1',
  'select regionid, count(distinct userid) as u from hits group by regionid order by u desc, 1 limit 10',
  `select regionid, sum(advengineid), count(*) as c, avg(resolutionwidth), count(distinct userid) from hits
group by regionid order by c desc, 1 limit 10`,
  `select mobilephonemodel, count(distinct userid) as u from hits where mobilephonemodel <> ''
group by mobilephonemodel order by u desc, 1 limit 10`,
  `select mobilephone, mobilephonemodel, count(distinct userid) as u from hits where mobilephonemodel <> ''
group by mobilephone, mobilephonemodel order by u desc, 1, 2 limit 10`,
  `select searchphrase, count(*) as c from hits where searchphrase <> '' group by searchphrase
order by c desc, 1 limit 10`,
  `select searchphrase, count(distinct userid) as u from hits where searchphrase <> '' group by searchphrase
order by u desc, 1 limit 10`,
  `select searchengineid, searchphrase, count(*) as c from hits where searchphrase <> ''
group by searchengineid, searchphrase order by c desc, 1, 2 limit 10`,
  'select userid, count(*) from hits group by userid order by count(*) desc, 1 limit 10',
  `select userid, searchphrase, count(*) from hits group by userid, searchphrase
order by count(*) desc, 1, 2 limit 10`,
  'select userid, searchphrase, count(*) from hits group by userid, searchphrase order by 1, 2 limit 10',
  `select userid, extract(minute from eventtime) as m, searchphrase, count(*) from hits
group by userid, m, searchphrase order by count(*) desc, 1, 2, 3 limit 10`,
  'select userid from hits where userid = 435090932899640449',
  "select count(*) from hits where url like '%google%'",
  `select searchphrase, min(url), count(*) as c from hits where url like '%google%' and searchphrase <> ''
group by searchphrase order by c desc, 1 limit 10`,
  `select searchphrase, min(url), min(title), count(*) as c, count(distinct userid) from hits
where title like '%Google%' and url not like '%.google.%' and searchphrase <> ''
group by searchphrase order by c desc, 1 limit 10`,
  "select * from hits where url like '%google%' order by eventtime, watchid limit 10",
  "select searchphrase from hits where searchphrase <> '' order by eventtime, 1 limit 10",
  "select searchphrase from hits where searchphrase <> '' order by searchphrase limit 10",
  "select searchphrase from hits where searchphrase <> '' order by eventtime, searchphrase limit 10",
  `select counterid, avg(length(url)) as l, count(*) as c from hits where url <> ''
group by counterid having count(*) > 100 order by l desc, 1 limit 25`,
  `select regexp_replace(referer, '^https?://(?:www\\.)?([^/]+)/.*$', '\\1') as k, avg(length(referer)) as l,
  count(*) as c, min(referer)
from hits where referer <> '' group by k having count(*) > 100 order by l desc, 1 limit 25`,
  `select ${NINETY} from hits`,
  `select searchengineid, clientip, count(*) as c, sum(isrefresh), avg(resolutionwidth) from hits
where searchphrase <> '' group by searchengineid, clientip order by c desc, 1, 2 limit 10`,
  `select watchid, clientip, count(*) as c, sum(isrefresh), avg(resolutionwidth) from hits
where searchphrase <> '' group by watchid, clientip order by c desc, 1, 2 limit 10`,
  `select watchid, clientip, count(*) as c, sum(isrefresh), avg(resolutionwidth) from hits
group by watchid, clientip order by c desc, 1, 2 limit 10`,
  'select url, count(*) as c from hits group by url order by c desc, 1 limit 10',
  'select 1, url, count(*) as c from hits group by 1, url order by c desc, 2 limit 10',
  `select clientip, clientip - 1, clientip - 2, clientip - 3, count(*) as c from hits
where clientip > -2147483000 group by clientip, clientip - 1, clientip - 2, clientip - 3 order by c desc, 1 limit 10`,
  `select url, count(*) as pageviews from hits where ${SITE} and dontcounthits = 0 and isrefresh = 0 and url <> ''
group by url order by pageviews desc, 1 limit 10`,
  `select title, count(*) as pageviews from hits where ${SITE} and dontcounthits = 0 and isrefresh = 0 and title <> ''
group by title order by pageviews desc, 1 limit 10`,
  `select url, count(*) as pageviews from hits where ${SITE} and isrefresh = 0 and islink <> 0 and isdownload = 0
group by url order by pageviews desc, 1 limit 10 offset 10`,
  `select traficsourceid, searchengineid, advengineid,
  case when (searchengineid = 0 and advengineid = 0) then referer else '' end as src, url as dst, count(*) as pageviews
from hits where ${SITE} and isrefresh = 0
group by traficsourceid, searchengineid, advengineid, src, dst order by pageviews desc, 1, 2, 3, 4, 5
limit 10 offset 100`,
  `select urlhash, eventdate, count(*) as pageviews from hits
where ${SITE} and isrefresh = 0 and traficsourceid in (-1, 6) and refererhash = 3594120000172545
group by urlhash, eventdate order by pageviews desc, 1, 2 limit 10 offset 10`,
  `select windowclientwidth, windowclientheight, count(*) as pageviews from hits
where ${SITE} and isrefresh = 0 and dontcounthits = 0 and urlhash = 2868770270353813
group by windowclientwidth, windowclientheight order by pageviews desc, 1, 2 limit 10 offset 5`,
  `select date_trunc('minute', eventtime) as m, count(*) as pageviews from hits
where counterid = 62 and eventdate >= date '2013-07-14' and eventdate <= date '2013-07-15' and isrefresh = 0
  and dontcounthits = 0
group by m order by m limit 10 offset 100`,
]

/** C1 to C43. */
export function hitsQueries(): NamedQuery[] {
  return QUERIES.map((sql, i) => ({ name: `C${i + 1}`, sql }))
}
