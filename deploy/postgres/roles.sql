-- A role a stage: it owns its schema, reads the others' log and cursors, and nothing else of them.
-- Run as the administrator after every `critsit migrate`; it may be run again at any time.
-- Passwords come from the environment: INTAKE_DB_PASSWORD, ROUTER_…, ESCALATION_…, NOTIFIER_….
\set ON_ERROR_STOP on
\getenv intake INTAKE_DB_PASSWORD
\getenv router ROUTER_DB_PASSWORD
\getenv escalation ESCALATION_DB_PASSWORD
\getenv notifier NOTIFIER_DB_PASSWORD

begin;
select pg_advisory_xact_lock(7410, 1);

select format('create role %I login', name)
from unnest(array['intake', 'router', 'escalation', 'notifier']) as name
where not exists (select from pg_roles where rolname = name)
\gexec

alter role intake password :'intake';
alter role router password :'router';
alter role escalation password :'escalation';
alter role notifier password :'notifier';

do $$
declare
    stages constant text[] := array['intake', 'router', 'escalation', 'notifier'];
    stage text;
    found record;
begin
    execute format('revoke all on database %I from public', current_database());
    foreach stage in array stages loop
        execute format('grant connect on database %I to %I', current_database(), stage);
        execute format('alter schema %I owner to %I', stage, stage);
        -- A stage makes and drops the days of its log by itself, so its tables are its own.
        for found in
            select c.relname from pg_class c
            where c.relnamespace = stage::regnamespace and c.relkind in ('r', 'p', 'v')
              and pg_get_userbyid(c.relowner) <> stage
            order by c.relispartition, c.relname
        loop
            execute format('alter table %I.%I owner to %I', stage, found.relname, stage);
        end loop;
        for found in
            select p.oid::regprocedure as signature from pg_proc p
            where p.pronamespace = stage::regnamespace and pg_get_userbyid(p.proowner) <> stage
        loop
            execute format('alter function %s owner to %I', found.signature, stage);
        end loop;
    end loop;
    foreach stage in array stages loop
        execute format('grant usage on schema %I to intake, router, escalation, notifier', stage);
        execute format('grant select on %I.outbox, %I.cursor to intake, router, escalation, notifier', stage, stage);
    end loop;
end $$;
commit;
