// Colours for values: viridis, whose lightness rises evenly, so that the order is also seen in
// greyscale. The best stand out: darkest on white, lightest on black.

const VIRIDIS = [[68, 1, 84], [59, 82, 139], [33, 145, 140], [94, 201, 98], [253, 231, 37]];
const FAR_APART = 20;

export function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

/** Along the scale, from 0, the best, to 1. */
export function colourAt(place) {
  const along = (isDark() ? 1 - place : place) * (VIRIDIS.length - 1);
  const low = Math.min(Math.floor(along), VIRIDIS.length - 2);
  const share = along - low;
  return `rgb(${[0, 1, 2].map((i) => Math.round(VIRIDIS[low][i] * (1 - share) + VIRIDIS[low + 1][i] * share))})`;
}

/** Not so far along that a thin line would not be seen on the page. */
export function lineAt(place) {
  return colourAt((isDark() ? 0.7 : 0.85) * place);
}

export function inkAt(place) {
  return (isDark() ? 1 - place : place) < 0.55 ? "#fff" : "#111";
}

/**
 * Places of values, the best at 0.
 *
 * @param mode "MIN" or "MAX"
 */
export function scale(values, mode) {
  const finite = values.filter(Number.isFinite);
  const least = Math.min(...finite);
  const greatest = Math.max(...finite);
  const logarithmic = finite.length > 0 && least > 0 && greatest / least >= FAR_APART;
  const at = logarithmic ? Math.log : (x) => x;
  const width = at(greatest) - at(least);
  return {
    best: mode === "MAX" ? greatest : least,
    worst: mode === "MAX" ? least : greatest,
    logarithmic,
    empty: finite.length === 0,
    place(value) {
      if (!Number.isFinite(value)) return 1;
      if (!(width > 0)) return 0;
      const up = (at(value) - at(least)) / width;
      return mode === "MAX" ? 1 - up : up;
    },
  };
}
