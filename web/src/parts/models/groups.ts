// A long list of models as one reads it: by provider, the beginning of each, and what was typed.
import type { Model } from "../../api/types";
import { holds_words, kLookedThrough } from "../../ui/find";

export interface Group {
  provider: string;
  /** How many there are, shown or not. */
  total: number;
  shown: Model[];
  hidden: number;
}

const kOfEach = 8;
/** Of one provider; more are found by typing. */
const kOfOneMax = 200;

interface View {
  query: string;
  /** Always shown, unless it is searched past. */
  chosen: string | null;
  /** The providers of which all is shown. */
  whole: string[];
}

export function is_long(models: Model[]): boolean {
  return models.length > kLookedThrough;
}

/** The models that fit what was typed, by provider in the order of the list. */
export function groups_of(models: Model[], { query, chosen, whole }: View): Group[] {
  const by_provider = new Map<string, Model[]>();
  for (const model of models) {
    if (!holds_words(`${model.label} ${model.name}`, query)) continue;
    const group = by_provider.get(model.provider);
    if (group) group.push(model);
    else by_provider.set(model.provider, [model]);
  }
  return [...by_provider].map(([provider, all]) => {
    const most = !is_long(models) || query.trim() !== "" || whole.includes(provider) ? kOfOneMax : kOfEach;
    const shown = all.slice(0, most);
    const kept = all.slice(most).find(({ name }) => name === chosen);
    if (kept) shown.push(kept);
    return { provider, total: all.length, shown, hidden: all.length - shown.length };
  });
}
