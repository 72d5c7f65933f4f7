/** All flows of the workspace: name, version, problems, who and when; begin one, empty or from a template. */

import { CircleAlert, CircleCheck, Plus, Waypoints } from "lucide-react";
import { useCallback, useEffect, useState } from "react";
import { ApiError } from "../api/http";
import { readMe } from "../home/me";
import { StaffRail } from "../home/StaffRail";
import { useLocale, useLocalText } from "../i18n/locale";
import { useMessages } from "../i18n/messages";
import { Badge } from "../ui/Badge";
import { Button } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import { EmptyState } from "../ui/EmptyState";
import { Field } from "../ui/Field";
import { Skeleton } from "../ui/Skeleton";
import { api, type Flow, nameOf, type Template } from "./data";
import { texts } from "./texts";

type Loaded = { readonly flows: readonly Flow[]; readonly templates: readonly Template[] };

export function FlowList() {
  const t = useMessages(texts);
  const [loaded, setLoaded] = useState<Loaded | "failed" | null>(null);
  const [begun, setBegun] = useState<Template | "empty" | null>(null);
  const load = useCallback(async () => {
    try {
      const [flows, templates] = await Promise.all([api.flows(), api.templates()]);
      setLoaded({ flows, templates });
    } catch {
      setLoaded("failed");
    }
  }, []);
  useEffect(() => void load(), [load]);
  return (
    <div className="shell">
      <StaffRail me={readMe()} current="/designer/" />
      <main className="list-page">
        <header>
          <h1>{t("flows")}</h1>
          <Button kind="primary" icon={<Plus size={16} />} onClick={() => setBegun("empty")}>
            {t("new_flow")}
          </Button>
        </header>
        {loaded === null && <Waiting />}
        {loaded === "failed" && (
          <EmptyState
            title={t("list_failed")}
            text={t("nothing_lost")}
            icon={<CircleAlert size={28} />}
          >
            <Button onClick={() => void load()}>{t("try_again")}</Button>
          </EmptyState>
        )}
        {loaded && loaded !== "failed" && <Content loaded={loaded} onBegin={setBegun} />}
      </main>
      {begun && (
        <NewFlow template={begun === "empty" ? null : begun} onClose={() => setBegun(null)} />
      )}
    </div>
  );
}

function Waiting() {
  return (
    <div className="list-waiting">
      {[1, 2, 3, 4].map((row) => (
        <Skeleton key={row} height={56} />
      ))}
    </div>
  );
}

function Content({
  loaded,
  onBegin,
}: {
  readonly loaded: Loaded;
  readonly onBegin: (template: Template) => void;
}) {
  const t = useMessages(texts);
  return (
    <>
      {loaded.flows.length === 0 ? (
        <EmptyState
          title={t("no_flows")}
          text={t("no_flows_text")}
          icon={<Waypoints size={28} />}
        />
      ) : (
        <FlowTable flows={loaded.flows} />
      )}
      <Templates templates={loaded.templates} onBegin={onBegin} />
    </>
  );
}

export function Templates({
  templates,
  onBegin,
}: {
  readonly templates: readonly Template[];
  readonly onBegin: (template: Template) => void;
}) {
  const t = useMessages(texts);
  const text = useLocalText();
  return (
    <section className="templates">
      <h2>{t("templates")}</h2>
      <ul>
        {templates.map((template) => (
          <li key={template.key}>
            <button type="button" onClick={() => onBegin(template)}>
              <b>{text(template.title)}</b>
              <span className="soft">{text(template.summary)}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function FlowTable({ flows }: { readonly flows: readonly Flow[] }) {
  const t = useMessages(texts);
  return (
    <table className="flow-table">
      <thead>
        <tr>
          <th scope="col">{t("name")}</th>
          <th scope="col">{t("version_head")}</th>
          <th scope="col">{t("problems")}</th>
          <th scope="col">{t("last_change")}</th>
        </tr>
      </thead>
      <tbody>
        {flows.map((flow) => (
          <FlowRow key={flow.id} flow={flow} />
        ))}
      </tbody>
    </table>
  );
}

function FlowRow({ flow }: { readonly flow: Flow }) {
  const t = useMessages(texts);
  const locale = useLocale();
  const latest = flow.versions.reduce((most, version) => Math.max(most, version.number), 0);
  return (
    <tr>
      <td>
        <a href={`/designer/${flow.id}/`}>
          <b>{flow.name}</b>
          {flow.summary && <span className="faint">{flow.summary}</span>}
        </a>
      </td>
      <td>
        {latest > 0 ? (
          <Badge tone="accent">{t("version", { number: latest })}</Badge>
        ) : (
          <Badge tone="line">{t("draft")}</Badge>
        )}
      </td>
      <td>
        {flow.problems > 0 ? (
          <span className="table-mark" data-tone="negative">
            <CircleAlert size={14} aria-hidden />
            {t("problem_count", { n: flow.problems })}
          </span>
        ) : (
          <span className="table-mark" data-tone="positive">
            <CircleCheck size={14} aria-hidden />
            {t("none")}
          </span>
        )}
      </td>
      <td className="soft num">
        {nameOf(flow.updated_by)}
        <span className="faint">
          {new Date(flow.updated_at).toLocaleString(locale, {
            dateStyle: "medium",
            timeStyle: "short",
          })}
        </span>
      </td>
    </tr>
  );
}

function NewFlow({
  template,
  onClose,
}: {
  readonly template: Template | null;
  readonly onClose: () => void;
}) {
  const t = useMessages(texts);
  const text = useLocalText();
  const [name, setName] = useState(template ? text(template.title) : "");
  const [problem, setProblem] = useState("");
  const [isBusy, setBusy] = useState(false);
  const create = async () => {
    setBusy(true);
    try {
      const flow = await api.createFlow(name.trim(), template?.key ?? null);
      location.assign(`/designer/${flow.id}/`);
    } catch (error) {
      setProblem((error instanceof ApiError && error.message) || t("try_again"));
      setBusy(false);
    }
  };
  const footer = (
    <>
      <Button onClick={onClose}>{t("cancel")}</Button>
      <Button kind="primary" disabled={name.trim() === "" || isBusy} onClick={() => void create()}>
        {t("create")}
      </Button>
    </>
  );
  return (
    <Dialog
      title={template ? t("new_from", { template: text(template.title) }) : t("new_flow")}
      closeLabel={t("close")}
      size="small"
      onClose={onClose}
      footer={footer}
    >
      <Field label={t("name")} error={problem || undefined} help={t("name_help")}>
        {(control) => (
          <input
            {...control}
            className="input"
            autoFocus
            maxLength={120}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            onKeyDown={(event) => event.key === "Enter" && name.trim() !== "" && void create()}
          />
        )}
      </Field>
    </Dialog>
  );
}
