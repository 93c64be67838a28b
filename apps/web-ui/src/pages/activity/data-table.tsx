import { Box, Table } from '@mantine/core';
import type { ReactNode } from 'react';

/** A row: what stands in each column, under a key of its own. */
export interface DataRow {
  readonly key: string | number;
  readonly cells: readonly ReactNode[];
}

interface DataTableProps {
  /** What is in it, for those who do not see what is around it. */
  readonly label: string;
  readonly columns: readonly string[];
  readonly rows: readonly DataRow[];
  /** Least width, px: in a narrower window the table scrolls by itself. */
  readonly minWidth?: number;
}

/** A table that scrolls in a region of its own, by keyboard as well. */
export function DataTable({ label, columns, rows, minWidth = 420 }: DataTableProps) {
  return (
    <Box role="region" aria-label={label} tabIndex={0} mah={360} style={{ overflow: 'auto' }}>
      <Table miw={minWidth} stickyHeader striped aria-label={label}>
        <Table.Thead>
          <Table.Tr>
            {columns.map((column) => (
              <Table.Th key={column} scope="col">
                {column}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map(({ key, cells }) => (
            <Table.Tr key={key}>
              {cells.map((cell, index) => (
                <Table.Td key={columns[index]}>{cell}</Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Box>
  );
}
