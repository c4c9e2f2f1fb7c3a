/** The values of some fields among the records that match: what there is, and what the filter lets through of it. */

import { useQueries } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useScope } from "@/app/scope";
import { visible } from "@/lib/text";
import { Button } from "@/ui/Button";
import { cx } from "@/ui/cx";
import { AddFacet } from "./AddFacet";
import { FacetGroup } from "./FacetGroup";
import { addedFields, addressOf, questionsOf, STANDING } from "./facetQuestions";
import { useHeldFacets } from "./heldFacets";
import { facetsQuery } from "./queries";
import { Trouble } from "./Trouble";
import { choiceIn } from "./valueChoice";

const VALUES = 10;

export function Facets() {
  const { filter, span, setFilter } = useScope();
  const [added, setAdded] = useAddedFields();
  const questions = questionsOf(filter, added);
  const answers = useQueries({ queries: questions.map((one) => facetsQuery(one.filter, span, one.fields, VALUES)) });
  const answered = answers.flatMap((answer) => (answer.data?.facets ?? []).map((facet) => ({ facet, isOld: answer.isPlaceholderData })));
  const facets = useHeldFacets(answered, [...STANDING, ...added]);
  const isFirst = facets.length === 0;
  const failed = answers
    .map((answer, index) => ({ answer, fields: questions[index]!.fields }))
    .filter(({ answer }) => answer.isError);
  const remove = (field: string) => setAdded(added.filter((one) => one !== field));

  return (
    <section aria-label="Facets" aria-busy={answers.some((answer) => answer.isFetching)}>
      <h2 className="sr-only">Facets</h2>
      {facets.map(({ facet, isOld }) => (
        <div key={facet.field} className={cx(isOld && "opacity-60")}>
          <FacetGroup
            facet={facet}
            filter={filter}
            choice={choiceIn(filter, facet.field)}
            onFilter={setFilter}
            onRemove={added.includes(facet.field) ? () => remove(facet.field) : undefined}
          />
        </div>
      ))}
      {isFirst && answers.some((answer) => answer.isPending) && <p className="px-3 py-2 text-xs text-muted">Counting values…</p>}
      {failed.map(({ fields, answer }) => (
        <div key={fields.join(" ")}>
          <Trouble
            quiet={!added.includes(fields[0]!)}
            what={added.includes(fields[0]!) ? visible(fields[0]!) : "Facets"}
            error={answer.error}
            onRetry={() => void answer.refetch()}
          />
          {added.includes(fields[0]!) && (
            <Button className="mx-3 mb-2" onClick={() => remove(fields[0]!)}>
              Remove this facet
            </Button>
          )}
        </div>
      ))}
      <AddFacet span={span} onAdd={(field) => setAdded([...added, field])} />
    </section>
  );
}

function useAddedFields(): [fields: string[], set: (fields: string[]) => void] {
  const { facets }: { facets?: string } = useSearch({ strict: false });
  const navigate = useNavigate();
  const set = (fields: string[]) =>
    void navigate({
      to: ".",
      replace: true,
      search: (before: Record<string, unknown>) => ({ ...before, facets: addressOf(fields) }),
    });
  return [addedFields(facets), set];
}
