import { listOf } from '../phrases.ts';

/** Small words of German, French, Spanish, Italian, Portuguese, Dutch, Polish and the north that are none of English. */
export const OTHER_LANGUAGES: ReadonlySet<string> = new Set(
  listOf(`
  der, das, und, oder, ein, eine, einen, einem, einer, ist, sind, nicht, mit, für, von, vom, zum, zur, auf, aus, bei, nach, bitte, wir, ich, sie, es, den, dem, des, auch, noch, wird, werden, kann, soll, hinzu, wenn, dass,
  le, la, les, un, une, du, de, et, est, dans, pour, sur, avec, pas, qui, que, ce, cette, au, aux, à, nous, vous, je, il, elle, sont, ajoute, s'il, svp,
  el, los, las, una, y, en, por, para, con, del, se, lo, su, más, esta, este, añade, corrige, hay,
  gli, della, dello, di, che, per, nel, nella, aggiungi, correggi, sono, è, e,
  uma, não, com, na, da, dos, das, um, adicione, corrija,
  het, een, van, voor, met, niet, naar, zijn, voeg, aan, maak,
  och, för, att, ett, som, på, av, med, til, og, ikke, lisää, lägg, legg, tilføj,
  dodaj, napraw, nie, jest, się, proszę, prosím, přidej, oprav, kérlek, adăugă, ekle, lütfen, bir, ve`),
);
