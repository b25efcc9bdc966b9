-- SPDX-License-Identifier: Apache-2.0
-- Random changes of every_type.sql's tables, with the values that their rows had.
create schema load;

-- Puts the rows aside and empties the tables.
create function load.take_values(tables text[]) returns void language plpgsql as $$
declare name text;
begin
  foreach name in array tables loop
    execute format('create table load.%1$I as table public.%1$I', name);
    execute format('truncate public.%I', name);
  end loop;
end $$;

-- An expression that gives a value of one of the rows put aside, or text where there is none.
create function load.value(name text, col text) returns text language sql as $$
  select case when exists (select from pg_attribute where attname = col and attnum > 0
                           and attrelid = format('load.%I', name)::regclass)
    then format('(select %I from load.%I order by random() limit 1)', col, name)
    else 'case when random() < 0.7 then md5(random()::text) end' end $$;

-- Those of the columns that are not in the key, each taken or not by chance.
create function load.some_columns(name text, share float) returns text[] language sql as $$
  select coalesce(array_agg(attname::text), '{}') from pg_attribute
    where attrelid = format('public.%I', name)::regclass and attnum > 0 and not attisdropped
      and random() < share
      and attnum <> all (select unnest(indkey::int2[]) from pg_index where indisprimary and indrelid = attrelid) $$;

create function load.insert_row(name text, key int) returns void language plpgsql as $$
declare cols text[] := load.some_columns(name, 0.9);
begin
  execute format('insert into public.%I (id%s%s) select %s%s%s on conflict do nothing', name,
    case when name = 'pairs' then ', a' end, (select string_agg(format(', %I', c), '') from unnest(cols) c),
    key, case when name = 'pairs' then format(', %L', chr(97 + (random() * 2)::int)) end,
    (select string_agg(', ' || load.value(name, c), '') from unnest(cols) c));
end $$;

-- Of `large` mostly the small column alone, so that the others are unchanged.
create function load.update_row(name text, key int) returns void language plpgsql as $$
declare cols text[] := case when name = 'large' and random() < 0.7 then '{e}' else load.some_columns(name, 0.3) end;
  nulls boolean := random() < 0.2;
begin
  if cols <> '{}' then
    execute format('update public.%I set %s where id = %s', name, (select string_agg(format('%I = %s', c,
      case when nulls and c <> 's' then 'null' else load.value(name, c) end), ', ') from unnest(cols) c), key);
  end if;
end $$;

-- A key that is taken is an error, which rolls back to a savepoint.
create function load.move_row(name text, key int, new_key int) returns void language plpgsql as $$
begin
  if name = 'pairs' and random() < 0.5 then
    update public.pairs set a = chr(97 + (random() * 2)::int) where id = key;
  else
    execute format('update public.%I set id = %s where id = %s', name, new_key, key);
  end if;
exception when unique_violation then null;
end $$;

-- `changes` changes of rows with ids from `first` on, `keys` of them.
create function load.change(tables text[], first int, keys int, changes int) returns void language plpgsql as $$
declare
  name text; key int; what float;
begin
  for i in 1..changes loop
    name := tables[1 + floor(random() * cardinality(tables))];
    key := first + floor(random() * keys);
    what := random();
    if what < 0.3 then perform load.insert_row(name, key);
    elsif what < 0.75 then perform load.update_row(name, key);
    elsif what < 0.85 then perform load.move_row(name, key, first + floor(random() * keys)::int);
    else execute format('delete from public.%I where id = %s', name, key);
    end if;
  end loop;
end $$;
