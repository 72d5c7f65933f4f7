"""PostgreSQL writes a durable step in one call of a function, and one index goes that nobody asks.

A function keeps the plans of its statements in each session, with an index in each of them: as one
statement a step cost a planning each time, or a plan made while the tables were empty. The index is
the one for LIKE that Django makes beside each unique text.
"""

from django.db import migrations

WRITE_STEP = """
CREATE OR REPLACE FUNCTION runtime_write_step(
    its_run uuid, key_held text, new_version uuid, new_state text,
    new_seq integer, new_key text, new_kind text, new_data text, new_actor text, new_at_ms bigint,
    found_head text, new_head text, new_status text, new_ending text, new_ended_at_ms bigint,
    ended text[], jobs text[]
) RETURNS boolean LANGUAGE plpgsql
SET enable_seqscan = off SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    UPDATE runtime_run
    SET seq = new_seq, head = new_head, status = new_status, ending = new_ending,
        ended_at_ms = new_ended_at_ms, version_id = new_version,
        state = COALESCE(new_state::jsonb, state),
        state_seq = CASE WHEN new_state IS NULL THEN state_seq ELSE new_seq END
    WHERE id = its_run AND seq = new_seq - 1 AND head = found_head AND data_key = key_held
      AND erased_at_ms IS NULL
      AND NOT EXISTS (
          SELECT FROM runtime_runevent AS told WHERE told.run_id = its_run AND told.key = new_key
      );
    IF NOT FOUND THEN
        RETURN FALSE;
    END IF;
    INSERT INTO runtime_runevent (run_id, seq, key, kind, data, actor, at_ms, prev_hash, hash)
    VALUES (its_run, new_seq, new_key, new_kind, new_data::jsonb, new_actor, new_at_ms,
            found_head, new_head);
    IF cardinality(ended) > 0 THEN
        UPDATE runtime_job SET status = 'done', lease_until_ms = NULL
        WHERE key = ANY(ended) AND status IN ('ready', 'leased');
    END IF;
    FOR n IN 1 .. cardinality(jobs) BY 6 LOOP
        INSERT INTO runtime_job (run_id, key, kind, activity, name, payload, due_at_ms,
                                 fence, attempt, status, problem)
        VALUES (its_run, jobs[n], jobs[n + 1], jobs[n + 2], jobs[n + 3], jobs[n + 4]::jsonb,
                jobs[n + 5]::bigint, 0, 0, 'ready', '');
    END LOOP;
    RETURN TRUE;
END $$
"""
LIKE_INDEX = """
SELECT indexname FROM pg_indexes
WHERE schemaname = current_schema() AND tablename = 'runtime_job'
  AND indexname LIKE 'runtime\\_job\\_key\\_%%\\_like'
"""


def write_in_one_call(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":
        return
    schema_editor.execute(WRITE_STEP)
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(LIKE_INDEX, ())
        names = [name for (name,) in cursor.fetchall()]
    for name in names:
        schema_editor.execute(f'DROP INDEX "{name}"')


def write_as_before(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP FUNCTION IF EXISTS runtime_write_step")


class Migration(migrations.Migration):
    dependencies = [("runtime", "0015_erasure_wish")]
    operations = [migrations.RunPython(write_in_one_call, write_as_before, atomic=False)]
